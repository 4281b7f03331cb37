import { create, toBinary } from '@bufbuild/protobuf';
import {
  createPostgresEventLog,
  declaredTopics,
  type EventHandler,
  type EventLog,
  type OutgoingRecord,
  on,
  toRecord,
} from '@nova/events';
import { type PostCreated, PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { createLogger, type Running } from '@nova/runtime';
import { createTestDatabase } from '@nova/testkit';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';
import { type HandlerContext, type StartConsumerOptions, startConsumer } from '../../src/index.ts';

export const topic = 'content.events';
export const group = 'user';
export const silent = createLogger({ service: 'test', level: 'silent' });

/** Effects in the order of their commits; not unique, so that a second one shows. */
export type Tables = { effects: { id: bigint; event_id: string; key: string; number: number } };

export type Handler = EventHandler<HandlerContext<Tables>>;

export const quick = { backoff: { firstMs: 1, maxMs: 5 }, commitEveryMs: 10 };

/** The database of a consumer with the embedded log beside it. */
export type ConsumerDatabase = {
  readonly url: string;
  readonly adminUrl: string;
  readonly db: Kysely<Tables>;
  readonly log: EventLog;
  /** Another log, as another process would have. */
  openLog(): EventLog;
  /** Starts a consumer that tries again at once, for the group unless it is said for which; it stops with the database. */
  consume(handler: Handler, options?: Partial<StartConsumerOptions<Tables>>): Promise<Running>;
  /** Appends records to the topic in the order given. */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /** `key:number` of each effect, in order. */
  effects(key?: string): Promise<string[]>;
  /** Rows that a statement selects. */
  rows<Row>(statement: string): Promise<Row[]>;
  /** Records that the group has not committed yet. */
  lag(): Promise<bigint>;
  /** Makes the group forget what it committed, so that everything is delivered again. */
  rewind(): Promise<void>;
  drop(): Promise<void>;
};

export async function createConsumerDatabase(): Promise<ConsumerDatabase> {
  const database = await createTestDatabase();
  const url = database.urlFor('user');
  const pool = openPool(url);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  await pool.query(`create table effects (
    id bigint generated always as identity primary key, event_id uuid not null, key text not null, number int not null)`);
  const logs: EventLog[] = [];
  const running: Running[] = [];
  const openLog = () => {
    const log = createPostgresEventLog({ url, balanceMs: 100 });
    logs.push(log);
    return log;
  };
  const log = openLog();
  await log.ensureTopics(declaredTopics);
  const producer = await log.openProducer();
  return {
    url,
    adminUrl: database.adminUrl,
    db,
    log,
    openLog,
    async consume(handler, options) {
      const given = {
        db,
        log,
        group,
        handlers: [handler],
        logger: silent,
        limits: quick,
        replayPollMs: 10,
        ...options,
      };
      const consumer = await startConsumer<Tables>(given);
      running.push(consumer);
      return consumer;
    },
    send: (records) => producer.send(records),
    async effects(key) {
      const { rows } = await pool.query<{ key: string; number: number }>(
        'select key, number from effects where $1::text is null or key = $1 order by id',
        [key ?? null],
      );
      return rows.map((row) => `${row.key}:${row.number}`);
    },
    rows: async <Row>(statement: string) => (await pool.query(statement)).rows as Row[],
    async lag() {
      const lags = await log.lag(group, [topic]);
      return lags.reduce((sum, { records }) => sum + records, 0n);
    },
    async rewind() {
      const admin = new pg.Client({ connectionString: database.adminUrl });
      await admin.connect();
      await admin.query('delete from event_log.group_offsets');
      await admin.end();
    },
    async drop() {
      await Promise.all(running.map((consumer) => consumer.stop()));
      await Promise.all(logs.map((each) => each.stop()));
      await db.destroy();
      await database.drop();
    },
  };
}

export function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  pool.on('error', () => undefined);
  return pool;
}

let made = 0;

/** The record of a `content.post_created` that says which event of its key it is. */
export function eventRecord(
  key: string,
  number: number,
  over: { type?: string; version?: number; payload?: Uint8Array } = {},
): OutgoingRecord {
  made += 1;
  return toRecord(topic, {
    id: `00000000-0000-7000-8000-${String(made).padStart(12, '0')}`,
    type: 'content.post_created',
    version: 1,
    aggregateId: key,
    correlationId: `request-${made}`,
    traceparent: '',
    occurredAt: new Date(),
    payload: toBinary(PostCreatedSchema, create(PostCreatedSchema, { postId: key, authorId: String(number) })),
    ...over,
  });
}

/** A record that is no event. */
export function malformed(key: string): OutgoingRecord {
  return { topic, key, value: Buffer.from([0xff, 0xff]), headers: {} };
}

/** `before` may fail, or wait, in the transaction of the effect. */
export function effectHandler(before?: (message: { key: string; number: number }) => Promise<void> | void) {
  return on(PostCreatedSchema, async ({ message, id }, { tx }: { tx: Transaction<Tables> }) => {
    const event = numbered(message);
    await before?.(event);
    await sql`insert into effects (event_id, key, number) values (${id}, ${event.key}, ${event.number})`.execute(tx);
  });
}

function numbered({ postId, authorId }: PostCreated): { key: string; number: number } {
  return { key: postId, number: Number(authorId) };
}

/** `key:from` to `key:to`. */
export function numbers(key: string, from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${key}:${from + index}`);
}
