import type { PushPlatform } from './push-device.ts';
import type { PushJob } from './push-job-repository.ts';

export type PushOutcome =
  | { readonly kind: 'sent' }
  /** The service says that the token is no longer good. */
  | { readonly kind: 'gone' }
  /** It will never take this one. */
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string; readonly retryAfterMs?: number };

/** Sends to the devices of one platform. What it throws is tried again. */
export type PushAdapter = {
  readonly platform: PushPlatform;
  send(job: PushJob, signal: AbortSignal): Promise<PushOutcome>;
  stop(): void;
};

/** Milliseconds that a Retry-After header, in seconds or as a date, asks for. */
export function retryAfterMs(header: string | null | undefined): number | undefined {
  if (!header) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

/** The ids that there are, all texts. */
export function pushData(job: PushJob): Readonly<Record<string, string>> {
  const { kind, notificationId, postId, commentId, conversationId } = job;
  const ids = { kind, notificationId, postId, commentId, conversationId };
  return Object.fromEntries(Object.entries(ids).flatMap(([name, id]) => (id === null ? [] : [[name, id]])));
}
