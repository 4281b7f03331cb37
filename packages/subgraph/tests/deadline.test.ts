import { openDatabase } from '@nova/postgres';
import { createLogger, createMetrics, headerNames } from '@nova/runtime';
import { createTestDatabase, createTestKeys, subgraphClient } from '@nova/testkit';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { startSubgraphServer } from '../src/index.ts';

test('what a request has PostgreSQL do may take no longer than the gateway waits, and no longer than 30 s', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const keys = createTestKeys();
  onTestFinished(keys.remove);
  const log = createLogger({ service: 'test', level: 'silent' });
  const { db, stop } = openDatabase<unknown>({
    url: database.urlFor('content'),
    poolMax: 2,
    applicationName: 'test',
    log,
  });
  onTestFinished(stop);
  const server = await startSubgraphServer({
    name: 'content',
    sdl: 'type Query { timeoutMs: Int }',
    host: '127.0.0.1',
    port: 0,
    resolvers: {
      Query: {
        async timeoutMs() {
          const { rows } = await sql<{ ms: string }>`
            select setting as ms from pg_settings where name = 'statement_timeout'`.execute(db);
          return Number(rows[0]?.ms);
        },
      },
    },
    createContext: (request) => request,
    verifyIdentity: keys.verify,
    log,
    metrics: createMetrics('test'),
  });
  onTestFinished(server.stop);
  const ask = subgraphClient(server.url, keys);
  for (const [said, most] of [
    ['20000', 20_000],
    ['600000', 30_000],
    ['nonsense', 30_000],
  ] as const) {
    const { data } = await ask('{ timeoutMs }', { headers: { [headerNames.deadlineMs]: said } });
    expect(data.timeoutMs).toBeLessThanOrEqual(most);
    expect(data.timeoutMs).toBeGreaterThan(most - 10_000);
  }
});
