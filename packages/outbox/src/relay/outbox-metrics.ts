import { within } from '@nova/resilience';
import type { Metrics } from '@nova/runtime';
import { type QueryExecutorProvider, sql } from 'kysely';
import { Gauge } from 'prom-client';
import { shardCount } from '../shards.ts';

type OutboxState = { readonly ageSeconds: number; readonly rows: number; readonly parkedKeys: number };

/** Where counting ends: it would cost more than it tells. */
const mostRows = 100_000;
const unknown: OutboxState = { ageSeconds: Number.NaN, rows: Number.NaN, parkedKeys: Number.NaN };

/**
 * Exports the state of the outbox that `db` sees, read from the database at each scrape, once for all its gauges. They are
 * NaN when the database does not answer within the deadline.
 */
export function observeOutbox(metrics: Metrics, db: QueryExecutorProvider, { deadlineMs = 2_000 } = {}): void {
  let reading: Promise<OutboxState> | undefined;
  const state = (): Promise<OutboxState> => {
    reading ??= within(deadlineMs, () => readState(db))
      .catch(() => unknown)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  gauge(metrics, state, {
    name: 'outbox_oldest_unpublished_age_seconds',
    help: 'Age of the oldest event that is to be published, by the clock of the database; 0 when there is none. Events of parked keys do not count: see outbox_parked_keys.',
    read: ({ ageSeconds }) => ageSeconds,
  });
  gauge(metrics, state, {
    name: 'outbox_backlog_rows',
    help: `Events in the outbox, with those of parked keys. Counted up to ${mostRows / shardCount} in each of ${shardCount} shards.`,
    read: ({ rows }) => rows,
  });
  gauge(metrics, state, {
    name: 'outbox_parked_keys',
    help: 'Keys whose events wait because the event log refused one of them. They wait until an operator retries or discards it.',
    read: ({ parkedKeys }) => parkedKeys,
  });
}

function gauge(
  metrics: Metrics,
  state: () => Promise<OutboxState>,
  { name, help, read }: { name: string; help: string; read: (state: OutboxState) => number },
): void {
  new Gauge({
    name,
    help,
    registers: [metrics],
    async collect() {
      this.set(read(await state()));
    },
  });
}

/** The oldest are looked for among the first rows of each shard, so that a scrape reads no more than it may count. */
async function readState(db: QueryExecutorProvider): Promise<OutboxState> {
  const { rows } = await sql<OutboxState>`
    with first as materialized (
      select e.topic, e.key, e.created_at
      from generate_series(0, ${shardCount - 1}) as shards (shard)
      cross join lateral (
        select topic, key, created_at from outbox_events o
        where o.shard = shards.shard order by id limit ${mostRows / shardCount}
      ) e
    )
    select (select count(*)::int from first) as rows,
      (select count(*)::int from outbox_parked_keys) as "parkedKeys",
      coalesce((
        select extract(epoch from clock_timestamp() - min(created_at))::float8 from first f
        where not exists (select from outbox_parked_keys p where p.topic = f.topic and p.key = f.key)
      ), 0) as "ageSeconds"`.execute(db);
  return rows[0] ?? unknown;
}
