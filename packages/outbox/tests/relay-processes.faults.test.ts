import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { flawless, judge, readPublished } from './_harness/judge.ts';
import { change, createOutbox, type TestOutbox } from './_harness/outbox.ts';
import type { FailPoint, RelayChildOptions } from './_harness/relay-child.ts';
import { killRelays, type RelayProcess, spawnRelay } from './_harness/relay-process.ts';

let outbox: TestOutbox;
let relays: RelayProcess[];

beforeEach(async () => {
  outbox = await createOutbox();
  relays = [];
});
afterEach(async () => {
  await killRelays(relays);
  await outbox.drop();
});

const batchRows = 20;

function spawn(options: Partial<RelayChildOptions> = {}): RelayProcess {
  const relay = spawnRelay({ url: outbox.url, schema: outbox.schema, limits: { batchRows }, ...options });
  relays.push(relay);
  return relay;
}

const verdict = async () => judge(await outbox.committed(), await readPublished(outbox.openLog()));
const drained = () => expect.poll(outbox.waiting, { timeout: 25_000 }).toBe(0);

/** Commits and rollbacks over few keys from several connections, until told to stop. */
function keepWriting(until: AbortSignal): Promise<unknown> {
  const write = async (writer: number) => {
    for (let turn = 0; !until.aborted; turn++) {
      await outbox.commit([`key-${(writer * 7 + turn) % 20}`]);
      await delay(5);
    }
  };
  return Promise.all([0, 1, 2, 3].map(write));
}

const failPoints: FailPoint['at'][] = [
  'selecting',
  'selected',
  'sending',
  'handed',
  'appended',
  'acknowledged',
  'deleting',
  'deleted',
  'stopping',
];

test.for(failPoints)('killed at "%s", a relay loses nothing and repeats at most the batch in flight', async (at) => {
  for (let turn = 0; turn < 10; turn++) await outbox.commit(Array.from({ length: 12 }, (_, key) => `key-${key}`));
  const doomed = spawn({ failPoint: { at, occurrence: at === 'stopping' ? 1 : 3 } });
  if (at === 'stopping') {
    await expect.poll(() => doomed.published).toBeGreaterThan(0);
    doomed.signal('SIGTERM');
  }
  expect(await doomed.ended).toBe('SIGKILL');
  const next = spawn();
  await expect.poll(() => next.isUp).toBe(true);
  const startedAt = performance.now();
  await drained();
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  const { duplicates, ...rest } = await verdict();
  expect(rest).toEqual({ lost: 0, strangers: 0, inversions: 0 });
  expect(duplicates).toBeLessThanOrEqual(batchRows);
  const mayRepeat = [
    'selecting',
    'selected',
    'sending',
    'handed',
    'appended',
    'acknowledged',
    'deleting',
    'stopping',
  ].includes(at);
  if (!mayRepeat) expect(duplicates).toBe(0);
});

test('stopped in order under load, a relay hands over without a duplicate', async () => {
  const writing = new AbortController();
  const written = keepWriting(writing.signal);
  for (let turn = 0; turn < 3; turn++) {
    const relay = spawn();
    await expect.poll(() => relay.published).toBeGreaterThan(30);
    relay.signal('SIGTERM');
    expect(await relay.ended).toBe(0);
  }
  writing.abort();
  await written;
  spawn();
  await drained();
  expect(await verdict()).toEqual(flawless);
});

test('a relay that stands still loses its shards to another; when it goes on, it sends nothing but duplicates', async () => {
  const writing = new AbortController();
  const limits = { batchRows, idleTimeoutMs: 2_000 };
  const zombie = spawn({ limits });
  await expect.poll(() => zombie.shards).toBe(16);
  const written = keepWriting(writing.signal);
  await expect.poll(() => zombie.published).toBeGreaterThan(100);
  zombie.signal('SIGSTOP');
  const other = spawn({ limits });
  await expect.poll(() => other.shards, { timeout: 15_000 }).toBe(16);
  await expect.poll(() => other.published).toBeGreaterThan(100);
  zombie.signal('SIGCONT');
  await expect.poll(() => zombie.shards, { timeout: 15_000 }).toBe(8);
  writing.abort();
  await written;
  await drained();
  const { duplicates, ...rest } = await verdict();
  expect(rest).toEqual({ lost: 0, strangers: 0, inversions: 0 });
  expect(duplicates).toBeLessThanOrEqual(batchRows);
});

const transactions = fc.array(
  fc.record({
    keys: fc.uniqueArray(fc.integer({ min: 0, max: 11 }), { minLength: 1, maxLength: 4 }),
    commits: fc.boolean(),
  }),
  { minLength: 40, maxLength: 120 },
);

test.for([2, 4])(
  '%i relays share the work fairly and keep set and order of random transactions, of which some roll back',
  async (count) => {
    for (let index = 0; index < count; index++) spawn();
    await expect
      .poll(() => relays.map(({ shards }) => shards), { timeout: 15_000 })
      .toEqual(relays.map(() => 16 / count));
    await fc.assert(
      fc.asyncProperty(transactions, async (list) => {
        const queue = [...list];
        const work = async () => {
          for (let next = queue.shift(); next; next = queue.shift()) await transact(next);
        };
        await Promise.all(Array.from({ length: 8 }, work));
        await drained();
        expect(await verdict()).toEqual(flawless);
      }),
      { numRuns: 4 },
    );
    expect(relays.every(({ published }) => published > 0)).toBe(true);
  },
);

async function transact({ keys, commits }: { keys: readonly number[]; commits: boolean }): Promise<void> {
  const client = await outbox.pool.connect();
  try {
    await client.query('begin');
    // In one order, so that transactions wait for each other and never in a circle.
    for (const key of [...keys].sort((a, b) => a - b)) await change(client, `key-${key}`);
    await client.query(commits ? 'commit' : 'rollback');
  } finally {
    client.release();
  }
}
