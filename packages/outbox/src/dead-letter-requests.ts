import type { DeadLetterCause } from '@nova/events';
import { isUuid } from '@nova/postgres';
import { type QueryExecutorProvider, type RawBuilder, sql } from 'kysely';
import type { AnyTransaction } from './append.ts';
import type { AuditEntry } from './dead-letter-repository.ts';
import type { DeadLetterSelection } from './dead-letters.ts';

/** A record that was set aside, without what it carries. */
export type DeadLetter = {
  readonly id: string;
  readonly sequence: string;
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly eventId: string | null;
  readonly eventType: string | null;
  readonly causeCode: DeadLetterCause;
  readonly cause: string;
  readonly tries: number;
  readonly failedAt: Date;
  readonly replayRequestedAt: Date | null;
  readonly replayRequestedBy: string | null;
  readonly resolvedAt: Date | null;
  readonly resolution: 'replayed' | 'discarded' | null;
};

export type StoredLetter = DeadLetter & { readonly headers: Record<string, string>; readonly value: Uint8Array };

export type AuditRow = Required<Omit<AuditEntry, 'cause'>> & { readonly at: Date; readonly cause: string | null };

export type DeadLetterDetails = StoredLetter & { readonly audit: readonly AuditRow[] };

/** What became of the letters of one request. */
export type ReplayProgress = {
  readonly waiting: number;
  readonly outcomes: Readonly<Partial<Record<AuditEntry['outcome'], number>>>;
};

const columns =
  sql.raw(`id, sequence, consumer_group as "group", topic, partition, "offset", key, event_id as "eventId",
  event_type as "eventType", cause_code as "causeCode", cause, tries, failed_at as "failedAt",
  replay_requested_at as "replayRequestedAt", replay_requested_by as "replayRequestedBy", resolved_at as "resolvedAt",
  resolution`);

export async function findLetter(db: QueryExecutorProvider, id: string): Promise<StoredLetter | undefined> {
  if (!isUuid(id)) return undefined;
  const { rows } = await sql<StoredLetter>`
    select ${columns}, headers, value from dead_letters where id = ${id}`.execute(db);
  return rows[0];
}

/** Those that there are among the ids. */
export async function findLetters(db: QueryExecutorProvider, ids: readonly string[]): Promise<StoredLetter[]> {
  const { rows } = await sql<StoredLetter>`
    select ${columns}, headers, value from dead_letters where id = any(${ids.filter(isUuid)}::uuid[])`.execute(db);
  return rows;
}

export async function selectLetters(
  db: QueryExecutorProvider,
  page: { group?: string; causeCode?: DeadLetterCause; after: string; limit: number },
): Promise<DeadLetter[]> {
  const { rows } = await sql<DeadLetter>`
    select ${columns} from dead_letters
    where resolved_at is null and sequence > ${page.after} and ${equals('consumer_group', page.group)}
      and ${equals('cause_code', page.causeCode)}
    order by sequence limit ${page.limit}`.execute(db);
  return rows;
}

/** Of each letter, at most the latest hundred acts, in their order. */
export async function selectAudits(
  db: QueryExecutorProvider,
  ids: readonly string[],
): Promise<Map<string, AuditRow[]>> {
  const { rows } = await sql<AuditRow & { letter: string }>`
    select letter.id as letter, acts.who, acts.what, acts.at, acts.outcome, acts.cause
    from unnest(${ids}::uuid[]) as letter (id)
    cross join lateral (
      select id, who, what, at, outcome, cause from dead_letter_audit where dead_letter_id = letter.id order by id desc limit 100
    ) as acts order by acts.id`.execute(db);
  return Map.groupBy(rows, ({ letter }) => letter);
}

/** In whole milliseconds, so that it survives the way through a Date and names the request. */
export async function readClock(db: QueryExecutorProvider): Promise<Date> {
  const { rows } = await sql<{ at: Date }>`select date_trunc('milliseconds', clock_timestamp()) as at`.execute(db);
  return (rows[0] as { at: Date }).at;
}

export type WantedLetter = {
  readonly id: string;
  readonly sequence: string;
  readonly group: string;
  readonly topic: string;
  readonly key: string;
};

export type WantedPage = {
  readonly after: string;
  readonly limit: number;
  /** Only those that nobody has asked for. */
  readonly unasked: boolean;
};

/** Unresolved letters of a selection. */
export async function selectWaiting(
  db: QueryExecutorProvider,
  selection: DeadLetterSelection,
  { after, limit, unasked }: WantedPage,
): Promise<WantedLetter[]> {
  const { rows } = await sql<WantedLetter>`
    select id, sequence, consumer_group as "group", topic, key from dead_letters
    where resolved_at is null and sequence > ${after} and ${equals('consumer_group', selection.group)}
      and ${equals('id', 'id' in selection ? selection.id : undefined)}
      and ${equals('cause_code', 'causeCode' in selection ? selection.causeCode : undefined)}
      and ${unasked ? sql`replay_requested_at is null` : sql`true`}
    order by sequence limit ${limit}`.execute(db);
  return rows;
}

/** Locks the keys of letters, before the letters, as everybody does, and has the replayer look at them. */
export async function lockKeysOf(tx: AnyTransaction, letters: readonly WantedLetter[]): Promise<void> {
  const [groups, topics, keys] = [
    letters.map(({ group }) => group),
    letters.map(({ topic }) => topic),
    letters.map(({ key }) => key),
  ];
  await sql`
    with held as materialized (
      select consumer_group, topic, key from parked_keys
      where (consumer_group, topic, key) in (select * from unnest(${groups}::text[], ${topics}::text[], ${keys}::text[]))
      order by consumer_group, topic, key for update
    )
    update parked_keys set due_at = clock_timestamp() from held
    where (parked_keys.consumer_group, parked_keys.topic, parked_keys.key) = (held.consumer_group, held.topic, held.key)
    `.execute(tx);
}

/** Returns how many letters were still unresolved; each has a row in the audit. */
export async function markRequested(
  tx: AnyTransaction,
  { letters, by, at }: { letters: readonly WantedLetter[]; by: string; at: Date },
): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    with requested as (
      update dead_letters set replay_requested_at = ${at}, replay_requested_by = ${by}
      where id = any(${letters.map(({ id }) => id)}::uuid[]) and resolved_at is null
      returning id, consumer_group
    )
    insert into dead_letter_audit (dead_letter_id, consumer_group, who, what, outcome)
    select id, consumer_group, ${by}, 'request', 'requested' from requested`.execute(tx);
  return Number(numAffectedRows);
}

export async function lockUnresolved(tx: AnyTransaction, id: string): Promise<boolean> {
  const { rows } = await sql`select from dead_letters where id = ${id} and resolved_at is null for update`.execute(tx);
  return rows.length > 0;
}

/** How far a request is: letters that still wait for it, and what the replays since then that `by` asked for came to. */
export async function replayProgress(
  db: QueryExecutorProvider,
  { by, at }: { by: string; at: Date },
): Promise<ReplayProgress> {
  const { rows: waiting } = await sql<{ count: number }>`
    select count(*)::int as count from dead_letters
    where resolved_at is null and replay_requested_at = ${at} and replay_requested_by = ${by}`.execute(db);
  const { rows } = await sql<{ outcome: AuditEntry['outcome']; count: number }>`
    select outcome, count(*)::int as count from dead_letter_audit
    where what = 'replay' and who = ${by} and at >= ${at} group by outcome`.execute(db);
  return {
    waiting: waiting[0]?.count ?? 0,
    outcomes: Object.fromEntries(rows.map(({ outcome, count }) => [outcome, count])),
  };
}

function equals(column: string, value: string | undefined): RawBuilder<unknown> {
  return value === undefined ? sql`true` : sql`${sql.ref(column)} = ${value}`;
}
