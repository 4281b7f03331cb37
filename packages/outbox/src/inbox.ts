import { sql } from 'kysely';
import type { AnyTransaction } from './append.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** How long the inbox remembers an event: longer than any topic keeps it for redelivery. */
export const inboxRetentionMs = 14 * dayMs;

/**
 * Claims an event for a consumer in the transaction of its effect: false when it had its effect before. Waits for a
 * transaction that claimed it just now, so that of two deliveries at once one has the effect and the other learns of it.
 */
export async function once(tx: AnyTransaction, consumer: string, eventId: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into inbox (consumer, event_id) values (${consumer}, ${eventId}) on conflict do nothing`.execute(tx);
  return numAffectedRows === 1n;
}
