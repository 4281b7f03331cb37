import pg from 'pg';
import { afterEach, expect, type TestContext, test } from 'vitest';
import {
  createTestDatabase,
  requireService,
  startPgBouncer,
  type TestDatabase,
  type TestPgBouncer,
} from '../src/index.ts';

const opened: Array<{ stop(): Promise<unknown> }> = [];

afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.stop();
});

test('PgBouncer hands out connections by the transaction: many clients share few, and no session state stays', async (context) => {
  const { bouncer, url } = await start(context);
  const clients = await Promise.all(Array.from({ length: 12 }, () => open(bouncer.through(url))));
  const pids = await Promise.all(
    clients.map(async (client) => (await client.query('select pg_backend_pid() as pid')).rows[0].pid),
  );
  expect(new Set(pids).size).toBeLessThanOrEqual(2);
  expect((await clients[0]?.query('select current_user, current_database()'))?.rows[0]).toEqual({
    current_user: 'nova_content',
    current_database: new URL(url).pathname.slice(1),
  });
  await expect(open(`${bouncer.through(url).replace(/:[^:@]*@/, ':wrong@')}`)).rejects.toThrow();
});

test('a paused PgBouncer lets transactions end and makes queries wait until it is resumed', async (context) => {
  const { bouncer, url } = await start(context);
  const client = await open(bouncer.through(url));
  await bouncer.pause();
  let answered = false;
  const waiting = client.query('select 1 as one').then(({ rows }) => {
    answered = true;
    return rows;
  });
  const direct = await open(url);
  await direct.query('select 1');
  expect(answered).toBe(false);
  await bouncer.resume();
  expect(await waiting).toEqual([{ one: 1 }]);
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'after %s clients are cut off, and it comes back on its port',
  async (signal, ...rest) => {
    const context = rest.at(-1) as unknown as TestContext;
    const { bouncer, url } = await start(context);
    const client = await open(bouncer.through(url));
    await client.query('begin');
    const cut = new Promise((resolve) => client.once('error', resolve));
    await bouncer.kill(signal);
    expect(await cut).toBeInstanceOf(Error);
    await expect(open(bouncer.through(url))).rejects.toThrow('ECONNREFUSED');
    await bouncer.start();
    expect((await (await open(bouncer.through(url))).query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  },
);

async function start(context: TestContext): Promise<{ bouncer: TestPgBouncer; url: string }> {
  const program = requireService(context, 'pgbouncer');
  const database: TestDatabase = await createTestDatabase();
  opened.push({ stop: () => database.drop() });
  const url = database.urlFor('content');
  const bouncer = await startPgBouncer(program, { urls: [url], poolSize: 2 });
  opened.push(bouncer);
  return { bouncer, url };
}

async function open(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  opened.push({ stop: () => client.end().catch(() => undefined) });
  return client;
}
