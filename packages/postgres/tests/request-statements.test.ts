import { fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runWithin, startDeadline } from '@nova/resilience';
import { createLogger } from '@nova/runtime';
import { createTestDatabase, requireService, startFaultProxy, startPgBouncer, type TestDatabase } from '@nova/testkit';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, type TestContext, test } from 'vitest';
import { openDatabase } from '../src/index.ts';

type Tables = { written: { id: number; half: number } };

let database: TestDatabase;
let admin: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  await admin.query(
    'create table content.written (id int, half int); alter table content.written owner to nova_content',
  );
});
afterAll(async () => {
  await admin?.end();
  await database?.drop();
});

const ways: Record<string, (context: TestContext) => Promise<string>> = {
  directly: async () => database.urlFor('content'),
  async 'through PgBouncer'(context) {
    const url = database.urlFor('content');
    const bouncer = await startPgBouncer(requireService(context, 'pgbouncer'), { urls: [url], poolSize: 2 });
    onTestFinished(() => bouncer.stop());
    return bouncer.through(url);
  },
};

async function open(context: TestContext, way: string, poolMax = 2): Promise<Kysely<Tables>> {
  return openTestDatabase((await ways[way]?.(context)) ?? '', poolMax);
}

function openTestDatabase(url: string, poolMax: number): Kysely<Tables> {
  const log = createLogger({ service: 'test', level: 'silent' });
  const { db, stop } = openDatabase<Tables>({ url, poolMax, applicationName: 'test', log });
  onTestFinished(stop);
  return db;
}

/** One request: it is given up by `hangUp`, or when its time is over. */
function request(timeoutMs = 30_000) {
  const caller = new AbortController();
  const deadline = startDeadline(timeoutMs, caller.signal);
  return {
    hungUp: new Error('The caller hung up.'),
    hangUp() {
      caller.abort(this.hungUp);
    },
    async run<T>(work: () => Promise<T>): Promise<T> {
      return runWithin(deadline, work).finally(() => deadline.clear());
    },
  };
}

async function runningLike(text: string): Promise<number> {
  const { rows } = await admin.query(
    "select count(*)::int as n from pg_stat_activity where state = 'active' and query like $1 and pid <> pg_backend_pid() and datname = current_database()",
    [`%${text}%`],
  );
  return rows[0].n;
}

const running = (text: string) => expect.poll(() => runningLike(text), { interval: 5 });

async function timeoutOf(db: Kysely<Tables>): Promise<string | undefined> {
  const { rows } = await sql<{ ms: string }>`
    select setting as ms from pg_settings where name = 'statement_timeout'`.execute(db);
  return rows[0]?.ms;
}

describe.each(Object.keys(ways))('%s', (way) => {
  test('a statement of a request may take what is left of its time, within a transaction too, and other statements what the role may', async (context) => {
    const db = await open(context, way, 1);
    const left = await request(2_000).run(async () => {
      const alone = Number(await timeoutOf(db));
      const within = await db.transaction().execute(async (tx) => {
        const first = Number(await timeoutOf(tx));
        await delay(20);
        return [first, Number(await timeoutOf(tx))];
      });
      const { rows } = await sql<{ sum: number }>`select ${1}::int + ${2}::int as sum`.execute(db);
      expect(rows).toEqual([{ sum: 3 }]);
      return [alone, ...within];
    });
    for (const ms of left) expect(ms).toBeLessThanOrEqual(2_000);
    expect(left.toSorted((a, b) => b - a)).toEqual(left);
    expect(left[2]).toBeLessThanOrEqual(1_980);
    expect(await timeoutOf(db)).toBe('30000');
  });

  test('who hangs up has PostgreSQL end within 100 ms what runs for the request', async (context) => {
    const db = await open(context, way);
    const took: number[] = [];
    for (let tries = 0; tries < 10 && !took.some((ms) => ms < 100); tries += 1) {
      const its = request();
      const answer = its
        .run(() => sql`select pg_sleep(60), 'to be ended'`.execute(db))
        .catch((error: unknown) => error);
      await running('to be ended').toBe(1);
      const hungUpAt = performance.now();
      its.hangUp();
      await running('to be ended').toBe(0);
      took.push(performance.now() - hungUpAt);
      expect(await answer).toBe(its.hungUp);
    }
    expect(Math.min(...took)).toBeLessThan(100);
  });

  test('an abort meets no statement of another request, however close it follows on the same connection', async (context) => {
    const db = await open(context, way, 1);
    for (let round = 0; round < 150; round += 1) {
      const its = request();
      const given = its.run(() => sql`select pg_sleep(0.002)`.execute(db)).catch((error: unknown) => error);
      setTimeout(() => its.hangUp(), (round % 30) / 5);
      const others = Array.from({ length: 3 }, () =>
        request().run(() => sql<{ one: number }>`select 1 as one from pg_sleep(0.001)`.execute(db)),
      );
      for (const { rows } of await Promise.all(others)) expect(rows).toEqual([{ one: 1 }]);
      await given;
    }
  });

  test('a write is wholly there when it is said to be, and not at all when its request was given up before', async (context) => {
    const db = await open(context, way);
    await db.deleteFrom('written').execute();
    const write = (id: number) =>
      db.transaction().execute(async (tx) => {
        await tx.insertInto('written').values({ id, half: 1 }).execute();
        await sql`select pg_sleep(0.002)`.execute(tx);
        await tx.insertInto('written').values({ id, half: 2 }).execute();
      });
    const isTold = await Promise.all(
      Array.from({ length: 150 }, async (_, id) => {
        await delay(id * 8);
        const its = request();
        if (id % 10 !== 0) setTimeout(() => its.hangUp(), (id % 30) / 3);
        return its
          .run(() => write(id))
          .then(
            () => true,
            () => false,
          );
      }),
    );
    const halves = Map.groupBy(await db.selectFrom('written').select(['id', 'half']).execute(), ({ id }) => id);
    expect(isTold).toContain(true);
    expect(isTold).toContain(false);
    expect(isTold.map((_, id) => halves.get(id)?.length ?? 0)).toEqual(isTold.map((told) => (told ? 2 : 0)));
  });

  test('who hangs up while it waits for a connection waits no longer and sends nothing', async (context) => {
    const db = await open(context, way, 1);
    const first = request();
    const held = first.run(() => sql`select pg_sleep(60), 'holds the connection'`.execute(db)).catch(() => undefined);
    await running('holds the connection').toBe(1);
    const second = request();
    const waiting = second.run(() => db.insertInto('written').values({ id: -1, half: 1 }).execute());
    second.hangUp();
    await expect(waiting).rejects.toBe(second.hungUp);
    expect(await runningLike('holds the connection')).toBe(1);
    first.hangUp();
    await held;
    expect(await db.selectFrom('written').selectAll().where('id', '=', -1).execute()).toEqual([]);
  });
});

test('when no cancel request gets through the connection is given up, and the next request takes another', async () => {
  const url = new URL(database.urlFor('content'));
  const proxy = await startFaultProxy({ target: { host: url.hostname, port: Number(url.port) } });
  onTestFinished(proxy.stop);
  url.port = String(proxy.port);
  url.hostname = '127.0.0.1';
  const db = openTestDatabase(url.href, 1);
  const its = request(20_000);
  const answer = its.run(() => sql`select pg_sleep(15), 'out of reach'`.execute(db));
  await running('out of reach').toBe(1);
  await proxy.setFault({ kind: 'half-open' });
  its.hangUp();
  await expect(answer).rejects.toBe(its.hungUp);
  await proxy.clear();
  const { rows } = await request().run(() => sql`select 1 as one`.execute(db));
  expect(rows).toEqual([{ one: 1 }]);
});

test('PostgreSQL ends a statement when the time of its request is over, though the process that sent it is paused', async () => {
  const child = fork(fileURLToPath(new URL('sleep-within.ts', import.meta.url)), [database.urlFor('content')]);
  onTestFinished(() => void child.kill('SIGKILL'));
  await running('pg_sleep(60)').toBe(1);
  child.kill('SIGSTOP');
  const pausedAt = performance.now();
  await running('pg_sleep(60)').toBe(0);
  // The role's own limit is 30 s.
  expect(performance.now() - pausedAt).toBeLessThan(10_000);
});
