import { isUuid } from '@nova/postgres';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { PresentedToken } from './session.ts';

export async function insertSession(db: Kysely<Tables>, accountId: string): Promise<string> {
  const { id } = await db
    .insertInto('sessions')
    .values({ account_id: accountId })
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}

/** Resolves with the time at which the token expires. */
export async function insertRefreshToken(
  db: Kysely<Tables>,
  token: { hash: Buffer; sessionId: string; lifetimeDays: number },
): Promise<Date> {
  const { expires_at } = await db
    .insertInto('refresh_tokens')
    .values({
      token_hash: token.hash,
      session_id: token.sessionId,
      expires_at: sql`now() + make_interval(days => ${token.lifetimeDays})`,
    })
    .returning('expires_at')
    .executeTakeFirstOrThrow();
  return expires_at;
}

export type SessionOfToken = { readonly id: string; readonly accountId: string; readonly isRevoked: boolean };

export async function findSession(db: Kysely<Tables>, id: string): Promise<Omit<SessionOfToken, 'id'> | undefined> {
  if (!isUuid(id)) return undefined;
  return db
    .selectFrom('sessions')
    .select('account_id as accountId')
    .select(sql<boolean>`revoked_at is not null`.as('isRevoked'))
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Locks the session until the transaction ends, so that all that is done with its tokens happens one after the other. */
export async function lockSessionOfToken(tx: Transaction<Tables>, hash: Buffer): Promise<SessionOfToken | undefined> {
  return tx
    .selectFrom('sessions')
    .select(['id', 'account_id as accountId'])
    .select(sql<boolean>`revoked_at is not null`.as('isRevoked'))
    .where('id', '=', (query) => query.selectFrom('refresh_tokens').select('session_id').where('token_hash', '=', hash))
    .forUpdate()
    .executeTakeFirst();
}

/** Read it after its session was locked: before that, another transaction may still be using the token. */
export async function findToken(
  tx: Transaction<Tables>,
  hash: Buffer,
): Promise<Omit<PresentedToken, 'isSessionRevoked'> | undefined> {
  return tx
    .selectFrom('refresh_tokens')
    .select(sql<boolean>`used_at is not null`.as('isUsed'))
    .select(sql<boolean>`expires_at <= now()`.as('isExpired'))
    .where('token_hash', '=', hash)
    .executeTakeFirst();
}

export async function markTokenUsed(tx: Transaction<Tables>, hash: Buffer): Promise<void> {
  await tx.updateTable('refresh_tokens').set({ used_at: sql`now()` }).where('token_hash', '=', hash).execute();
}

/** An expired token is refused whether it is known or not, so that a long session need not keep all it ever had. */
export async function deleteExpiredTokens(tx: Transaction<Tables>, sessionId: string): Promise<void> {
  await tx
    .deleteFrom('refresh_tokens')
    .where('session_id', '=', sessionId)
    .where('expires_at', '<=', sql<Date>`now()`)
    .execute();
}

export async function revokeSession(db: Kysely<Tables>, id: string, reason: 'logout' | 'reuse'): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ revoked_at: sql`now()`, revoked_reason: reason })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute();
}

/** Their rows stay, so that gateways learn that they have ended. */
export async function eraseSessions(tx: Transaction<Tables>, accountId: string): Promise<void> {
  await tx
    .updateTable('sessions')
    .set({ revoked_at: sql`now()`, revoked_reason: 'erasure' })
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null)
    .execute();
  await tx
    .deleteFrom('refresh_tokens')
    .where('session_id', 'in', (query) => query.selectFrom('sessions').select('id').where('account_id', '=', accountId))
    .execute();
}

/** A time as PostgreSQL keeps it: ISO 8601 in UTC, with microseconds. */
const isoTime = (expression: ReturnType<typeof sql>) =>
  sql<string>`to_char((${expression}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

export type RevokedSession = { readonly id: string; readonly revokedAt: string };

/** Sessions that ended after a place in their order (time, then id), first the one that ended first, and never older ones. */
export async function findRevokedSessions(
  db: Kysely<Tables>,
  { after, maxAgeSeconds, limit }: { after: RevokedSession; maxAgeSeconds: number; limit: number },
): Promise<RevokedSession[]> {
  return db
    .selectFrom('sessions')
    .select('id')
    .select(isoTime(sql`revoked_at`).as('revokedAt'))
    .where(sql<boolean>`(revoked_at, id) > (${after.revokedAt}::timestamptz, ${after.id}::uuid)`)
    .where('revoked_at', '>', sql<Date>`now() - make_interval(secs => ${maxAgeSeconds})`)
    .orderBy('sessions.revoked_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

export async function findTime(db: Kysely<Tables>, { secondsAgo }: { secondsAgo: number }): Promise<string> {
  const { rows } = await sql<{ time: string }>`
    select ${isoTime(sql`now() - make_interval(secs => ${secondsAgo})`)} as time`.execute(db);
  return (rows[0] as { time: string }).time;
}
