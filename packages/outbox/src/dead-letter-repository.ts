import type { DeadLetterCause, LogRecord } from '@nova/events';
import { type QueryExecutorProvider, sql } from 'kysely';
import type { AnyTransaction } from './append.ts';
import type { ParkedKey } from './parked-key-repository.ts';

export type NewDeadLetter = {
  readonly group: string;
  readonly record: LogRecord;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly eventId: string | null;
  readonly eventType: string | null;
  readonly causeCode: DeadLetterCause;
  readonly cause: string;
  readonly tries: number;
};

/** What is announced of a letter. `key` and `headers` as they are stored. */
export type KnownLetter = {
  readonly id: string;
  /** The schema that it is kept in. */
  readonly domain: string;
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Uint8Array;
  readonly causeCode: DeadLetterCause;
  readonly cause: string;
  readonly tries: number;
  readonly failedAt: Date;
};

const knownColumns =
  sql.raw(`id, current_schema() as domain, consumer_group as "group", topic, partition, "offset", key,
  headers, value, cause_code as "causeCode", cause, tries, failed_at as "failedAt"`);

/** The letter to replay next. `requestedBy`: who asked for it or for one behind it, null when nobody did. */
export type HeadLetter = {
  readonly id: string;
  readonly value: Uint8Array;
  readonly causeCode: DeadLetterCause;
  readonly requestedBy: string | null;
};

export type AuditEntry = {
  readonly who: string;
  readonly what: 'request' | 'replay' | 'discard';
  readonly outcome: 'requested' | 'replayed' | 'duplicate' | 'failed' | 'blocked' | 'discarded';
  readonly cause?: string;
};

/** Undefined when the record has its letter already. */
export async function insertDeadLetter(tx: AnyTransaction, letter: NewDeadLetter): Promise<KnownLetter | undefined> {
  const { group, record, key, headers, eventId, eventType, causeCode, cause, tries } = letter;
  const { rows } = await sql<KnownLetter>`
    insert into dead_letters (consumer_group, topic, partition, "offset", key, event_id, event_type, headers, value,
      cause_code, cause, tries)
    values (${group}, ${record.topic}, ${record.partition}, ${record.offset}, ${key}, ${eventId}, ${eventType},
      ${JSON.stringify(headers)}, ${Buffer.from(record.value)}, ${causeCode}, ${cause}, ${tries})
    on conflict (consumer_group, topic, partition, "offset", sha256(value)) do nothing
    returning ${knownColumns}`.execute(tx);
  return rows[0];
}

export async function wasSeen(tx: AnyTransaction, consumer: string, eventId: string): Promise<boolean> {
  const { rows } = await sql`
    select from inbox where consumer = ${consumer} and event_id = ${eventId}`.execute(tx);
  return rows.length > 0;
}

/** The first unresolved letter of a key; the caller holds the lock of the key. */
export async function readHeadLetter(
  tx: AnyTransaction,
  { group, topic, key }: ParkedKey,
): Promise<HeadLetter | undefined> {
  const waiting = sql`consumer_group = ${group} and topic = ${topic} and key = ${key} and resolved_at is null`;
  const { rows } = await sql<HeadLetter>`
    select id, value, cause_code as "causeCode",
      (select replay_requested_by from dead_letters
       where ${waiting} and replay_requested_by is not null order by sequence limit 1) as "requestedBy"
    from dead_letters where ${waiting} order by sequence limit 1`.execute(tx);
  return rows[0];
}

export async function resolveLetter(
  tx: AnyTransaction,
  id: string,
  resolution: 'replayed' | 'discarded',
): Promise<KnownLetter> {
  const { rows } = await sql<KnownLetter>`
    update dead_letters set resolved_at = clock_timestamp(), resolution = ${resolution}
    where id = ${id} returning ${knownColumns}`.execute(tx);
  return rows[0] as KnownLetter;
}

/** A replay that failed: the letter has its new cause, and nothing of the key is asked for any more. */
export async function failLetter(
  tx: AnyTransaction,
  parked: ParkedKey,
  failed: { id: string; causeCode: DeadLetterCause; cause: string },
): Promise<KnownLetter> {
  const { group, topic, key } = parked;
  const { id, causeCode, cause } = failed;
  const { rows } = await sql<KnownLetter>`
    update dead_letters
    set cause_code = ${causeCode}, cause = ${cause}, tries = tries + 1, failed_at = clock_timestamp()
    where id = ${id} returning ${knownColumns}`.execute(tx);
  await sql`
    with blocked as (
      update dead_letters set replay_requested_at = null, replay_requested_by = null
      from (select id, replay_requested_by as who from dead_letters
            where consumer_group = ${group} and topic = ${topic} and key = ${key} and resolved_at is null
              and replay_requested_at is not null) requested
      where dead_letters.id = requested.id
      returning dead_letters.id, requested.who
    )
    insert into dead_letter_audit (dead_letter_id, consumer_group, who, what, outcome, cause)
    select id, ${group}, who, 'replay', 'blocked', ${`behind ${id}, which failed`} from blocked where id <> ${id}
    `.execute(tx);
  return rows[0] as KnownLetter;
}

export async function insertAudit(
  tx: AnyTransaction,
  letter: { id: string; group: string },
  { who, what, outcome, cause }: AuditEntry,
): Promise<void> {
  await sql`
    insert into dead_letter_audit (dead_letter_id, consumer_group, who, what, outcome, cause)
    values (${letter.id}, ${letter.group}, ${who}, ${what}, ${outcome}, ${cause ?? null})`.execute(tx);
}

/** Deletes at most `limit` letters that were resolved `olderThanMs` ago; returns how many. */
export async function deleteResolved(
  db: QueryExecutorProvider,
  { olderThanMs, limit }: { olderThanMs: number; limit: number },
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from dead_letters where id in (
      select id from dead_letters
      where resolved_at < clock_timestamp() - make_interval(secs => ${olderThanMs / 1000}::float8) limit ${limit}
    )`.execute(db);
  return Number(numAffectedRows);
}
