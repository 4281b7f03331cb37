import { headerNames } from '@nova/runtime';

export type RevokedSessionsPage = {
  readonly accessTokenSeconds: number;
  readonly sessions: ReadonlyArray<{ readonly id: string; readonly revokedAtMs: number }>;
  /** Where the rest of this list begins, when there is more. */
  readonly continueAfter: string | undefined;
  /** Where the next list begins, when this page is the first of one. */
  readonly nextAfter: string;
};

/** Asks identity for one page of the sessions that have ended. Throws when the answer is not one. */
export async function readRevokedSessions(request: {
  url: string;
  after: string | undefined;
  identity: string;
  signal: AbortSignal;
}): Promise<RevokedSessionsPage> {
  const url = new URL(request.url);
  if (request.after !== undefined) url.searchParams.set('after', request.after);
  const headers = { [headerNames.identity]: request.identity };
  const response = await fetch(url, { headers, signal: request.signal, redirect: 'error' });
  if (!response.ok) throw new Error(`The list of ended sessions was answered with status ${response.status}.`);
  const page = (await response.json()) as Answer;
  const { accessTokenSeconds, sessions, continueAfter, nextAfter } = page;
  if (typeof accessTokenSeconds !== 'number' || typeof nextAfter !== 'string' || !Array.isArray(sessions))
    throw new Error('The answer is not a list of ended sessions.');
  return {
    accessTokenSeconds,
    sessions: sessions.map(toSession),
    continueAfter: typeof continueAfter === 'string' ? continueAfter : undefined,
    nextAfter,
  };
}

function toSession({ id, revokedAt }: Readonly<Record<'id' | 'revokedAt', unknown>>) {
  const revokedAtMs = Date.parse(String(revokedAt));
  if (typeof id !== 'string' || Number.isNaN(revokedAtMs))
    throw new Error('An ended session lacks its id or its time.');
  return { id, revokedAtMs };
}

type Answer = Readonly<Record<'accessTokenSeconds' | 'sessions' | 'continueAfter' | 'nextAfter', unknown>>;
