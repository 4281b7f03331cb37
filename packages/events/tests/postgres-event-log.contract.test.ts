import { createTestDatabase, type TestDatabase } from '@nova/testkit';
import { afterAll, beforeAll } from 'vitest';
import { eventLogContract } from './contract/event-log-contract.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

eventLogContract(
  async () => ({
    kind: 'postgres',
    options: { url: database.urlFor('content'), balanceMs: 100, idleTimeoutMs: 5_000 },
  }),
  { runs: 25 },
);
