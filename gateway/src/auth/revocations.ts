import { AppError } from '@nova/errors';
import { waitFor } from '@nova/resilience';
import { readRevokedSessions } from './revoked-sessions.ts';

/** Sessions that have ended while access tokens of theirs have not expired. */
export type Revocations = {
  /** Throws ACCESS_TOKEN_REVOKED, or SERVICE_UNAVAILABLE when nobody could say for too long. */
  requireCurrent(sessionId: string): void;
  add(session: { readonly id: string; readonly revokedAtMs: number }): void;
  /** Sessions remembered. */
  readonly size: number;
  /** Since the last look at the list began; endless before the first. */
  readonly ageMs: number;
  stop(): Promise<void>;
};

export type RevocationOptions = {
  readonly url: string;
  readonly pollMs: number;
  readonly maxStalenessMs: number;
};

export type RevocationEvents = {
  /** The list could not be read; the next look comes after the usual time. */
  failed(error: unknown): void;
  refreshed(): void;
  /** So many more sessions have ended than can be remembered; those that ended first were forgotten. */
  overflowed(forgotten: number): void;
};

const maxRemembered = 200_000;
const callTimeoutMs = 3_000;
/** Of the clocks of identity, its database and this machine. */
const clockSkewMs = 60_000;
/** Until identity has said how long an access token is good for: the longest that it can be set to. */
const longestTokenMs = 86_400_000;

/** Asks identity for ended sessions again and again; resolves after the first time, whether or not it succeeded. */
export async function openRevocations(
  options: RevocationOptions & {
    /** A signed identity to ask with. */
    readonly identity: () => Promise<string>;
    /** Milliseconds since 1970. */
    readonly now: () => number;
    readonly events: RevocationEvents;
  },
): Promise<Revocations> {
  const { url, pollMs, maxStalenessMs, identity, now, events } = options;
  const untilMs = new Map<string, number>();
  const stopping = new AbortController();
  let lifetimeMs = longestTokenMs;
  let after: string | undefined;
  let refreshedAt: number | undefined;
  let forgotten = 0;

  const add: Revocations['add'] = ({ id, revokedAtMs }) => {
    untilMs.set(id, revokedAtMs + lifetimeMs + clockSkewMs);
    if (untilMs.size <= maxRemembered) return;
    untilMs.delete(untilMs.keys().next().value as string);
    forgotten += 1;
  };
  const refresh = async () => {
    const startedAt = performance.now();
    let place = after;
    let nextAfter: string | undefined;
    do {
      const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(callTimeoutMs)]);
      const page = await readRevokedSessions({ url, after: place, identity: await identity(), signal });
      lifetimeMs = page.accessTokenSeconds * 1000;
      for (const session of page.sessions) add(session);
      nextAfter ??= page.nextAfter;
      place = page.continueAfter;
    } while (place !== undefined);
    after = nextAfter;
    refreshedAt = startedAt;
    for (const [id, until] of untilMs) if (until <= now()) untilMs.delete(id);
    events.refreshed();
    if (forgotten > 0) events.overflowed(forgotten);
    forgotten = 0;
  };
  const look = () =>
    refresh().catch((error: unknown) => {
      if (!stopping.signal.aborted) events.failed(error);
    });

  const repeat = async () => {
    while (await waitFor(pollMs, stopping.signal)) await look();
  };

  await look();
  const repeating = repeat();
  const ageMs = () => (refreshedAt === undefined ? Number.POSITIVE_INFINITY : performance.now() - refreshedAt);
  return {
    add,
    requireCurrent(sessionId) {
      if (untilMs.has(sessionId))
        throw new AppError('ACCESS_TOKEN_REVOKED', 'The session of the access token has ended; sign in again.');
      if (ageMs() > maxStalenessMs)
        throw new AppError('SERVICE_UNAVAILABLE', 'Whether sessions go on cannot be checked at the moment; try again.');
    },
    get size() {
      return untilMs.size;
    },
    get ageMs() {
      return ageMs();
    },
    stop() {
      stopping.abort();
      return repeating;
    },
  };
}
