/** How long and by whom the answer may be kept that the calls made so far give together. */
export type CachePolicy = {
  /** 0: not at all; undefined before the first call. */
  maxAgeSeconds: number | undefined;
  /** Whether only the viewer's own cache may keep it. */
  isPrivate: boolean;
};

/** One `cache-control` for several parts: what all of them allow. */
export function strictestCacheControl(parts: ReadonlyArray<string | undefined>): string {
  const policy: CachePolicy = { maxAgeSeconds: undefined, isPrivate: false };
  for (const part of parts) restrictCachePolicy(policy, part);
  return policy.maxAgeSeconds
    ? `max-age=${policy.maxAgeSeconds}, ${policy.isPrivate ? 'private' : 'public'}`
    : 'no-store';
}

/** Adds the `cache-control` of one more part. The strictest wins, and what a part does not say is not allowed. */
export function restrictCachePolicy(policy: CachePolicy, cacheControl: string | undefined): void {
  const directives = (cacheControl ?? '').split(',').map((directive) => directive.trim().toLowerCase());
  const given = directives.map((directive) => /^max-age=(\d{1,9})$/.exec(directive)?.[1]).find(Boolean);
  const isRefused = directives.some((directive) => /^no-(store|cache)\b/.test(directive));
  const maxAge = given === undefined || isRefused ? 0 : Number(given);
  policy.maxAgeSeconds = Math.min(maxAge, policy.maxAgeSeconds ?? maxAge);
  policy.isPrivate ||=
    !directives.includes('public') || directives.some((directive) => directive.startsWith('private'));
}
