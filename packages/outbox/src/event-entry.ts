import { sql } from 'kysely';
import type { AnyTransaction } from './append.ts';
import type { ParkedKey } from './parked-key-repository.ts';

/** `parked`: an earlier event of the key waits. `duplicate`: had its effect before. `first`: claimed by this transaction. */
export type EventEntry = {
  readonly kind: 'parked' | 'duplicate' | 'first';
  /** Since the event was written, by the database's clock. */
  readonly ageSeconds: number;
};

/**
 * What a live event's transaction begins with, in one round trip: the lock of its key if that is parked, else the claim
 * that `once` makes. The lock comes first; a key that is freed while this waits for it counts as free.
 */
export async function enterEvent(
  tx: AnyTransaction,
  { group, topic, key }: ParkedKey,
  event: { id: string; occurredAt: Date },
): Promise<EventEntry> {
  const { rows } = await sql<EventEntry>`
    with parked as materialized (
      select 1 from parked_keys where consumer_group = ${group} and topic = ${topic} and key = ${key} for share
    ), claimed as (
      insert into inbox (consumer, event_id)
      select ${group}, ${event.id}::uuid where not exists (select from parked)
      on conflict do nothing returning 1
    )
    select
      case when exists (select from parked) then 'parked' when exists (select from claimed) then 'first' else 'duplicate' end
        as kind,
      extract(epoch from clock_timestamp() - ${event.occurredAt}::timestamptz)::float8 as "ageSeconds"`.execute(tx);
  const [entry] = rows;
  if (!entry) throw new Error('A statement without a table gave no row.');
  return entry;
}
