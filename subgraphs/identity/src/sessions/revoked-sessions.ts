import { AppError } from '@nova/errors';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { findRevokedSessions, findTime, type RevokedSession } from './session-repository.ts';

/** One page of the sessions whose access tokens must not be taken any more though they have not expired. */
export type RevokedSessionsPage = {
  /** How long an access token is good for: a session older than that need not be remembered. */
  readonly accessTokenSeconds: number;
  /** In the order in which they ended. */
  readonly sessions: readonly RevokedSession[];
  /** The `after` of the rest of this list; null when this page is the last. */
  readonly continueAfter: string | null;
  /** The `after` that, from the first page, finds at the next look everything that was not yet there at this one. */
  readonly nextAfter: string;
};

export type RevokedSessions = {
  /** Without `after` as far back as an access token can still be good. Throws BAD_USER_INPUT. */
  list(after?: string): Promise<RevokedSessionsPage>;
};

const pageSize = 10_000;
/** A session carries the time at which its transaction began, and is seen when that commits: no statement takes longer. */
const overlapSeconds = 30;
const beforeAll: RevokedSession = { revokedAt: '-infinity', id: '00000000-0000-0000-0000-000000000000' };

export function createRevokedSessions({
  db,
  accessTokenSeconds,
}: {
  db: Kysely<Tables>;
  accessTokenSeconds: number;
}): RevokedSessions {
  return {
    async list(after) {
      const place = after === undefined ? beforeAll : readPlace(after);
      // Before the list is read: what commits meanwhile is found by the next look.
      const nextAfter = await findTime(db, { secondsAgo: overlapSeconds });
      const maxAgeSeconds = accessTokenSeconds + overlapSeconds;
      const sessions = await findRevokedSessions(db, { after: place, maxAgeSeconds, limit: pageSize });
      const last = sessions.length === pageSize ? sessions.at(-1) : undefined;
      return { accessTokenSeconds, sessions, continueAfter: last ? `${last.revokedAt}/${last.id}` : null, nextAfter };
    },
  };
}

const placeForm =
  /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z)(?:\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))?$/;

/** An ISO time in UTC, and the id of a session behind a slash when the list goes on within that time. */
function readPlace(after: string): RevokedSession {
  const [, revokedAt, id = beforeAll.id] = placeForm.exec(after) ?? [];
  if (revokedAt === undefined || Number.isNaN(Date.parse(revokedAt)))
    throw new AppError('BAD_USER_INPUT', 'after is an ISO 8601 time in UTC, such as 2026-01-31T12:00:00Z.');
  return { revokedAt, id };
}
