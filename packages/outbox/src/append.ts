import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { eventTypeOf, partitionOfKey } from '@nova/events';
import { type QueryExecutorProvider, sql } from 'kysely';
import { shardCount } from './shards.ts';

/** A kysely transaction, whatever its tables. */
export type AnyTransaction = QueryExecutorProvider & { readonly isTransaction: true };

/** The request that causes an event. */
export type EventOrigin = { readonly correlationId: string; readonly traceparent: string };

/**
 * Writes an event in the transaction of the change it tells of: both are committed or neither. The row of the aggregate
 * must be locked (or new) in this transaction before, or the order of its events would not be that of its changes.
 */
export async function append<D extends DescMessage>(
  tx: AnyTransaction,
  schema: D,
  event: { aggregateId: string; message: MessageInitShape<D>; origin: EventOrigin },
): Promise<void> {
  const { type, version, topic } = eventTypeOf(schema);
  const { aggregateId, origin } = event;
  const payload = toBinary(schema, create(schema, event.message));
  await sql`
    insert into outbox_events (shard, topic, key, type, version, payload, correlation_id, traceparent)
    values (${partitionOfKey(aggregateId, shardCount)}, ${topic}, ${aggregateId}, ${type}, ${version}, ${payload},
      ${origin.correlationId}, ${origin.traceparent})`.execute(tx);
}
