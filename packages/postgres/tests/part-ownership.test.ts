import { Socket } from 'node:net';
import { createTestDatabase, type TestDatabase } from '@nova/testkit';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinParts, type PartOwnership } from '../src/index.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

type Member = PartOwnership & { readonly client: pg.Client };

const partNames = (count: number) => Array.from({ length: count }, (_, part) => String(part));

async function join(options: { scope: string; parts: readonly string[]; idleTimeoutMs?: number }): Promise<Member> {
  const client = new pg.Client({ connectionString: database.urlFor('content') });
  client.on('error', () => undefined);
  await client.connect();
  return Object.assign(await joinParts(client, { idleTimeoutMs: 60_000, ...options }), { client });
}

/** As members do regularly: in turn, each gives up what it has too much of. */
async function balanceAll(members: readonly Member[]): Promise<void> {
  for (const member of members) await member.release((await member.balance()).surplus);
}

let scopes = 0;
const newScope = () => `test:${scopes++}`;

test('whatever the numbers, members that come and go divide all parts, one owner each, with shares that differ by one at most', async () => {
  const counts = fc.record({
    parts: fc.integer({ min: 1, max: 20 }),
    members: fc.integer({ min: 1, max: 6 }),
    leaving: fc.integer({ min: 0, max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(counts, async ({ parts, members: count, leaving }) => {
      const scope = newScope();
      const names = partNames(parts);
      const members: Member[] = [];
      try {
        for (let index = 0; index < count; index++) {
          members.push(await join({ scope, parts: names }));
          await balanceAll(members);
        }
        await balanceAll(members);
        expectFair(members, names);
        for (const left of members.splice(0, Math.min(leaving, count - 1))) await left.client.end();
        await expect
          .poll(async () => {
            await balanceAll(members);
            return members.flatMap(({ owned }) => [...owned]).length;
          })
          .toBe(parts);
        await balanceAll(members);
        await balanceAll(members);
        expectFair(members, names);
      } finally {
        await Promise.all(members.map(({ client }) => client.end()));
      }
    }),
    { numRuns: 15 },
  );
});

function expectFair(members: readonly Member[], names: readonly string[]): void {
  const sizes = members.map(({ owned }) => owned.size);
  expect(members.flatMap(({ owned }) => [...owned]).sort()).toEqual([...names].sort());
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
}

test('scopes do not share parts', async () => {
  const [one, other] = await Promise.all([
    join({ scope: newScope(), parts: partNames(3) }),
    join({ scope: newScope(), parts: partNames(3) }),
  ]);
  await balanceAll([one, other]);
  expect([one.owned.size, other.owned.size]).toEqual([3, 3]);
  await Promise.all([one.client.end(), other.client.end()]);
});

test('a member that gives no sign of life loses its session, and its parts go to others', async () => {
  const scope = newScope();
  const silent = await join({ scope, parts: partNames(4), idleTimeoutMs: 300 });
  await balanceAll([silent]);
  expect(silent.owned.size).toBe(4);
  const other = await join({ scope, parts: partNames(4) });
  await expect
    .poll(async () => {
      await balanceAll([other]);
      return other.owned.size;
    })
    .toBe(4);
  await expect(silent.balance()).rejects.toThrow();
  await other.client.end();
});

/** Only Linux tells the server that a peer which takes nothing is to be given up. */
test.runIf(process.platform === 'linux')(
  'a member that stands still amid the rows it reads loses its session too: the server waits in a write and is not idle',
  async () => {
    const scope = newScope();
    const socket = new Socket();
    const client = new pg.Client({ connectionString: database.urlFor('content'), stream: () => socket });
    client.on('error', () => undefined);
    await client.connect();
    const still = await joinParts(client, { scope, parts: partNames(2), idleTimeoutMs: 500 });
    await still.balance();
    socket.pause();
    const reading = client.query(`select repeat('x', 1000) from generate_series(1, 100000)`).catch(() => undefined);
    const other = await join({ scope, parts: partNames(2) });
    await expect
      .poll(async () => {
        await other.balance();
        return other.owned.size;
      })
      .toBe(2);
    socket.destroy();
    await reading;
    await other.client.end();
  },
);
