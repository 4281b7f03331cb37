import type { PageRequest } from '@nova/postgres';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { AuditEventsTable, Tables } from '../db/tables.ts';
import type { DomainEvent, DomainEventFilter } from './domain-event.ts';

/** Newest first; one row more than the page. */
export async function listDomainEvents(
  db: Kysely<Tables>,
  filter: DomainEventFilter,
  page: PageRequest,
): Promise<DomainEvent[]> {
  const { type, aggregateId, correlationId } = filter;
  const rows = await db
    .selectFrom('audit_events')
    .selectAll()
    .$if(type != null, (query) => query.where('type', '=', type as string))
    .$if(aggregateId != null, (query) => query.where('aggregate_id', '=', aggregateId as string))
    .$if(correlationId != null, (query) => query.where('correlation_id', '=', correlationId as string))
    .$if(page.afterId !== null, (query) => query.where('id', '<', page.afterId))
    .orderBy('id', 'desc')
    .limit(page.first + 1)
    .execute();
  return rows.map(toDomainEvent);
}

export async function insertDomainEvent(
  tx: Transaction<Tables>,
  event: Omit<DomainEvent, 'recordedAt' | 'payload'> & { payloadText: string },
): Promise<void> {
  const { id, type, version, topic, aggregateId, correlationId, occurredAt, payloadText } = event;
  await tx
    .insertInto('audit_events')
    .values({
      id,
      type,
      version,
      topic,
      aggregate_id: aggregateId,
      correlation_id: correlationId,
      occurred_at: occurredAt,
      payload: payloadText,
    })
    .execute();
}

/** Makes room for this month and the next, and drops the months that ended more than `months` before. */
export async function keepAuditMonths(tx: Transaction<Tables>, months: number): Promise<void> {
  await sql`select keep_audit_months(${months})`.execute(tx);
}

function toDomainEvent(row: Selectable<AuditEventsTable>): DomainEvent {
  return {
    id: row.id,
    type: row.type,
    version: row.version,
    topic: row.topic,
    aggregateId: row.aggregate_id,
    correlationId: row.correlation_id,
    occurredAt: row.occurred_at,
    recordedAt: row.recorded_at,
    payload: row.payload,
  };
}
