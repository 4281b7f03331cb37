import type { Session } from '@nova/postgres';
import { shardCount } from '../shards.ts';
import type { KeyOfTopic } from './relay-observer.ts';

/** A row of the outbox as the relay reads it. */
export type OutboxRow = KeyOfTopic & {
  readonly shard: number;
  /** A bigint in digits. */
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly version: number;
  readonly payload: Buffer;
  readonly correlationId: string;
  readonly traceparent: string;
  readonly createdAt: Date;
  /** Milliseconds since its insert when it was read, by the database's clock. */
  readonly ageMs: number;
};

const columns = `shard, id, event_id as "eventId", topic, key, type, version, payload, correlation_id as "correlationId",
  traceparent, created_at as "createdAt", extract(epoch from clock_timestamp() - created_at)::float8 * 1000 as "ageMs"`;

export type Wanted = {
  readonly shards: readonly string[];
  /** Keys to leave out, besides the parked ones. */
  readonly held: readonly KeyOfTopic[];
  /** Ids to leave out: rows under way. */
  readonly underWay: readonly string[];
  readonly rows: number;
  readonly bytes: number;
};

/**
 * Each shard is a branch in the order of its ids, which PostgreSQL merges without reading further than the limit, nor
 * what waits in the shards of others. The text is always the same, so that it is planned once: it costs more to plan
 * than to run.
 */
const selection = `select ${columns} from (
    select first.*, sum(size) over (order by id rows unbounded preceding) as total
    from (
      select * from (${Array.from(
        { length: shardCount },
        (_, index) => `(select e.*, 400 + 2 * octet_length(e.key) + octet_length(e.payload) as size
          from outbox_events e where shard = ($3::smallint[])[${index + 1}] order by id)`,
      ).join(' union all ')}) e
      where not exists (select from outbox_parked_keys p where p.topic = e.topic and p.key = e.key)
        and (e.topic, e.key) not in (select * from unnest($4::text[], $5::text[]))
        and e.id not in (select unnest($6::bigint[]))
      order by id limit $1
    ) first
  ) counted where total <= $2 or total = size order by id`;

/** The oldest rows of the shards whose keys are neither parked nor held: for each key the first that are there. */
export async function selectRows(session: Session, wanted: Wanted): Promise<OutboxRow[]> {
  const { rows, bytes, shards, held, underWay } = wanted;
  const answer = await session.query<OutboxRow>(selection, [rows, bytes, shards, ...keyColumns(held), underWay]);
  return answer.rows;
}

function keyColumns(keys: readonly KeyOfTopic[]): [string[], string[]] {
  return [keys.map(({ topic }) => topic), keys.map(({ key }) => key)];
}

/** One row, unless it is gone. */
export async function selectRow(
  session: Session,
  { shard, id }: Pick<OutboxRow, 'shard' | 'id'>,
): Promise<OutboxRow | undefined> {
  const { rows } = await session.query<OutboxRow>(`select ${columns} from outbox_events where shard = $1 and id = $2`, [
    shard,
    id,
  ]);
  return rows[0];
}

export async function deleteRows(session: Session, rows: readonly OutboxRow[]): Promise<void> {
  await session.query(
    `delete from outbox_events e using unnest($1::smallint[], $2::bigint[]) as done (shard, id)
     where e.shard = done.shard and e.id = done.id`,
    [rows.map(({ shard }) => shard), rows.map(({ id }) => id)],
  );
}

/** Later events of the row's key wait in the outbox from now on. */
export async function parkKey(session: Session, row: OutboxRow, why: { cause: string; tries: number }): Promise<void> {
  await session.query(
    `insert into outbox_parked_keys (topic, key, shard, row_id, event_id, cause, tries)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    [row.topic, row.key, row.shard, row.id, row.eventId, why.cause, why.tries],
  );
}
