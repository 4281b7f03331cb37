import { createPostgresEventLog, declaredTopics, type EventLog, partitionOfKey } from '@nova/events';
import { createTestDatabase, type TestDatabase } from '@nova/testkit';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { type Relay, type RelayOptions, startRelay } from '../../src/index.ts';
import { shardCount } from '../../src/shards.ts';

export const topic = 'content.events';

/** The outbox of content in a database of its own, with aggregates whose changes are counted. */
export type TestOutbox = {
  readonly schema: string;
  /** Of the domain's role, direct. */
  readonly url: string;
  readonly adminUrl: string;
  readonly pool: pg.Pool;
  readonly db: Kysely<unknown>;
  /** The embedded log of the same database; stopped with the outbox. */
  openLog(): EventLog;
  /** Starts a relay, over a log of its own unless one is given; it stops with the outbox. */
  startRelay(options?: Partial<RelayOptions>): Relay;
  /** Changes aggregates, one event each, in one transaction that is committed. */
  commit(keys: readonly string[], padding?: number): Promise<void>;
  waiting(): Promise<number>;
  /** Changes that were committed, by key: they are numbered from 1. */
  committed(): Promise<Map<string, number>>;
  drop(): Promise<void>;
};

/** By default in a database of the run's own server. */
export async function createOutbox(given?: TestDatabase): Promise<TestOutbox> {
  const database = given ?? (await createTestDatabase());
  const url = database.urlFor('content');
  const pool = new pg.Pool({ connectionString: url, max: 60 });
  pool.on('error', () => undefined);
  // What a connection meets between two statements of a transaction, the next one tells.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  await pool.query('create table aggregates (key text primary key, changes integer not null)');
  const logs: EventLog[] = [];
  const relays: Relay[] = [];
  const openLog = () => {
    const log = createPostgresEventLog({ url });
    logs.push(log);
    return log;
  };
  await openLog().ensureTopics(declaredTopics);
  return {
    schema: 'content',
    url,
    adminUrl: database.adminUrl,
    pool,
    db,
    openLog,
    startRelay({ log = openLog(), ...options } = {}) {
      const relay = startRelay({ directUrl: url, schema: 'content', log, ...options });
      relays.push(relay);
      return relay;
    },
    async commit(keys, padding = 0) {
      const client = await pool.connect();
      try {
        await client.query('begin');
        for (const key of keys) await change(client, key, padding);
        await client.query('commit');
      } finally {
        client.release();
      }
    },
    async waiting() {
      const { rows } = await pool.query<{ count: number }>('select count(*)::int as count from outbox_events');
      return rows[0]?.count ?? 0;
    },
    async committed() {
      const { rows } = await pool.query<{ key: string; changes: number }>('select key, changes from aggregates');
      return new Map(rows.map(({ key, changes }) => [key, changes]));
    },
    async drop() {
      await Promise.all(relays.map((relay) => relay.stop()));
      await Promise.all(logs.map((log) => log.stop()));
      await db.destroy();
      await database.drop();
    },
  };
}

/** In the caller's transaction: locks the aggregate, counts the change and appends its event, as a command does. */
export async function change(client: pg.ClientBase, key: string, padding = 0): Promise<void> {
  await client.query(
    `with changed as (
       insert into aggregates values ($1, 1) on conflict (key) do update set changes = aggregates.changes + 1
       returning changes
     )
     insert into outbox_events (shard, topic, key, type, version, payload, correlation_id, traceparent)
     select $2, $3, $1, 'test.changed', 1, convert_to(rpad(changes::text, $4, ' '), 'UTF8'), '', '' from changed`,
    [key, partitionOfKey(key, shardCount), topic, Math.max(padding, 12)],
  );
}

/** Many rows in one statement, for measuring: each key's events are numbered on. */
export async function fill(pool: pg.Pool, options: { rows: number; keys: number; bytes: number }): Promise<void> {
  const { rows, keys, bytes } = options;
  const names = Array.from({ length: keys }, (_, index) => `key-${index}`);
  await pool.query(
    `insert into outbox_events (shard, topic, key, type, version, payload, correlation_id, traceparent)
     select shard, $1, key, 'test.changed', 1,
       convert_to(rpad((n / $5 + 1)::text, $4, md5(n::text)), 'UTF8'), 'measuring', ''
     from generate_series(0, $6 - 1) n, lateral (select ($2::text[])[n % $5 + 1] as key, ($3::int[])[n % $5 + 1] as shard) k
     order by n`,
    [topic, names, names.map((name) => partitionOfKey(name, shardCount)), bytes, keys, rows],
  );
}
