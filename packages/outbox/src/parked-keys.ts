import { type QueryExecutorProvider, sql } from 'kysely';

/** A key whose next event the log refused until its tries were used up. Later events of the key wait in the outbox. */
export type ParkedKey = {
  readonly topic: string;
  readonly key: string;
  /** The refused event. */
  readonly eventId: string;
  readonly cause: string;
  readonly tries: number;
  readonly parkedAt: Date;
};

/** The parked keys of the schema, longest parked first. */
export async function listParkedKeys(db: QueryExecutorProvider, limit = 1_000): Promise<ParkedKey[]> {
  const { rows } = await sql<ParkedKey>`
    select topic, key, event_id as "eventId", cause, tries, parked_at as "parkedAt"
    from outbox_parked_keys order by parked_at, topic, key limit ${limit}`.execute(db);
  return rows;
}

/**
 * Lets the relay try the refused event again, then the later ones in order. When it is refused as often once more, the key
 * is parked again. False when the key was not parked (any more).
 */
export async function retryParkedKey(
  db: QueryExecutorProvider,
  { topic, key }: { topic: string; key: string },
): Promise<boolean> {
  const { rows } = await sql`
    with freed as (delete from outbox_parked_keys where topic = ${topic} and key = ${key} returning key)
    select pg_notify('outbox_' || current_schema(), '') from freed`.execute(db);
  return rows.length > 0;
}

/**
 * Gives the refused event up: it moves to `outbox_discarded_events` with its cause and who decided, and the key's later
 * events flow. Names the event, so that doing it twice never discards another. False when that event was not parked (any more).
 */
export async function discardParkedEvent(
  db: QueryExecutorProvider,
  { topic, key, eventId, by }: { topic: string; key: string; eventId: string; by: string },
): Promise<boolean> {
  const { rows } = await sql`
    with freed as (
      delete from outbox_parked_keys where topic = ${topic} and key = ${key} and event_id = ${eventId} returning *
    ), gone as (
      delete from outbox_events e using freed where e.shard = freed.shard and e.id = freed.row_id returning e.*
    ), noted as (
      insert into outbox_discarded_events (event_id, topic, key, type, version, payload, correlation_id, created_at,
        cause, tries, discarded_by)
      select gone.event_id, gone.topic, gone.key, gone.type, gone.version, gone.payload, gone.correlation_id,
        gone.created_at, freed.cause, freed.tries, ${by} from gone, freed
      returning event_id
    )
    select pg_notify('outbox_' || current_schema(), '') from noted`.execute(db);
  return rows.length > 0;
}
