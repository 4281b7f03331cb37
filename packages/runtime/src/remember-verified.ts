/** What a token says, and until when. */
export type Verified<T> = { readonly identity: T; readonly expiresAtMs: number };

/** `verify` with a memory: a token that was verified is not again until it expires. The oldest of `maxRemembered` is forgotten first. */
export function rememberVerified<T>(
  verify: (token: string) => Promise<Verified<T>>,
  maxRemembered: number,
): (token: string) => Promise<T> {
  const remembered = new Map<string, Verified<T>>();
  return async (token) => {
    const known = remembered.get(token);
    if (known && known.expiresAtMs > Date.now()) return known.identity;
    const verified = await verify(token);
    remembered.delete(token);
    if (remembered.size >= maxRemembered) remembered.delete(remembered.keys().next().value as string);
    remembered.set(token, verified);
    return verified.identity;
  };
}
