import { sql } from 'kysely';
import type { AnyTransaction } from './append.ts';

export type ParkedKey = { readonly group: string; readonly topic: string; readonly key: string };

/** Holds the row, new or old, until the transaction ends: a replay cannot free the key meanwhile. */
export async function parkKey(tx: AnyTransaction, { group, topic, key }: ParkedKey): Promise<void> {
  await sql`
    insert into parked_keys (consumer_group, topic, key) values (${group}, ${topic}, ${key})
    on conflict (consumer_group, topic, key) do update set parked_at = parked_keys.parked_at`.execute(tx);
}

/** Locks a key that the replayer has something to do for and nobody else is at. */
export async function takeDueKey(tx: AnyTransaction, group: string): Promise<ParkedKey | undefined> {
  const { rows } = await sql<{ topic: string; key: string }>`
    select topic, key from parked_keys
    where consumer_group = ${group} and due_at <= clock_timestamp()
    order by due_at limit 1 for update skip locked`.execute(tx);
  return rows[0] && { group, ...rows[0] };
}

export async function lockKey(tx: AnyTransaction, { group, topic, key }: ParkedKey): Promise<void> {
  await sql`
    select from parked_keys where consumer_group = ${group} and topic = ${topic} and key = ${key} for update
    `.execute(tx);
}

/** When the replayer is to look at the key: in `inMs`, or not before an operator asks. */
export async function setDue(tx: AnyTransaction, parked: ParkedKey, inMs: number | null): Promise<void> {
  const { group, topic, key } = parked;
  const due = inMs === null ? sql`null` : sql`clock_timestamp() + make_interval(secs => ${inMs / 1000}::float8)`;
  await sql`
    update parked_keys set due_at = ${due}
    where consumer_group = ${group} and topic = ${topic} and key = ${key}`.execute(tx);
}

/** Lets live events of the key through, unless a letter of it still waits. */
export async function freeKeyIfEmpty(tx: AnyTransaction, { group, topic, key }: ParkedKey): Promise<void> {
  await sql`
    delete from parked_keys
    where consumer_group = ${group} and topic = ${topic} and key = ${key} and not exists (
      select from dead_letters
      where consumer_group = ${group} and topic = ${topic} and key = ${key} and resolved_at is null
    )`.execute(tx);
}
