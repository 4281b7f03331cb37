import { AppError } from '@nova/errors';
import fc from 'fast-check';
import pg from 'pg';
import { expect, test } from 'vitest';
import {
  type ConsumerLimits,
  type ConsumerObserver,
  EventError,
  failureOf,
  type LogRecord,
  type OutgoingRecord,
  type RecordResult,
  runConsumer,
} from '../src/index.ts';
import { asEventLog, createMemoryLog, type MemoryLog } from './_harness/memory-log.ts';

const topic = 'content.events';
const record = (key: string): OutgoingRecord => ({ topic, key, value: new Uint8Array(), headers: {} });
const quick = { backoff: { firstMs: 1, maxMs: 4 }, commitEveryMs: 1 };

type Behaviour = {
  handle: (record: LogRecord, signal: AbortSignal) => Promise<RecordResult> | RecordResult;
  deadLetter?: (record: LogRecord, error: unknown, tries: number) => Promise<RecordResult> | RecordResult;
  observer?: ConsumerObserver;
  limits?: Partial<ConsumerLimits>;
};

async function run(log: MemoryLog, { handle, deadLetter, observer, limits }: Behaviour): Promise<void> {
  await runConsumer({
    log: asEventLog(log),
    group: 'test',
    topics: [topic],
    handle: async (each, signal) => handle(each, signal),
    deadLetter: async (each, error, tries) => (deadLetter ? deadLetter(each, error, tries) : 'dead_lettered'),
    observer,
    limits: { ...quick, ...limits },
  });
}

/** Lets a test open one gate after the other. */
function createGates() {
  const waiting = new Map<bigint, () => void>();
  return {
    pass: (offset: bigint) => new Promise<void>((resolve) => waiting.set(offset, resolve)),
    isAt: (offset: bigint) => waiting.has(offset),
    open(offset: bigint) {
      waiting.get(offset)?.();
      waiting.delete(offset);
    },
  };
}

test('one key is handled strictly in order, and no more records at once than allowed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 80 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 20 }),
      async (keys, concurrency, maxInflight) => {
        const log = createMemoryLog(keys.map(record));
        const order = new Map<string, bigint[]>();
        const busy = new Set<string>();
        await run(log, {
          limits: { concurrency, maxInflight },
          async handle({ key, offset }): Promise<RecordResult> {
            expect(busy).not.toContain(key);
            busy.add(key);
            expect(busy.size).toBeLessThanOrEqual(concurrency);
            await new Promise(setImmediate);
            busy.delete(key);
            order.set(key, [...(order.get(key) ?? []), offset]);
            return 'handled';
          },
        });
        await log.deliver();
        for (const offsets of order.values()) expect(offsets).toEqual([...offsets].sort((a, b) => (a < b ? -1 : 1)));
        expect([...order.values()].flat()).toHaveLength(keys.length);
        expect(log.commits.at(-1)).toBe(BigInt(keys.length));
      },
    ),
    { numRuns: 40 },
  );
});

test('only the contiguous prefix is committed while a record before it is still worked on', async () => {
  const log = createMemoryLog(['slow', 'a', 'b', 'c'].map(record));
  const gates = createGates();
  const seen: bigint[] = [];
  await run(log, {
    async handle({ offset }): Promise<RecordResult> {
      if (offset === 0n) await gates.pass(offset);
      seen.push(offset);
      return 'handled';
    },
  });
  const delivered = log.deliver();
  await expect.poll(() => seen.length).toBe(3);
  await expect.poll(() => gates.isAt(0n)).toBe(true);
  expect(log.commits.filter((offset) => offset > 0n)).toEqual([]);
  gates.open(0n);
  await delivered;
  expect(log.commits.at(-1)).toBe(4n);
});

test('commits are coalesced: a batch that is done within the interval is committed once', async () => {
  const log = createMemoryLog(Array.from({ length: 500 }, (_, at) => record(`key-${at}`)));
  await run(log, { handle: () => 'handled', limits: { commitEveryMs: 60_000 } });
  await log.deliver();
  expect(log.commits).toEqual([500n]);
});

test('a failure of its own is tried five times and set aside; the record counts as done only then', async () => {
  const log = createMemoryLog(['bad', 'good'].map(record));
  const aside: unknown[] = [];
  let tries = 0;
  await run(log, {
    handle({ key }) {
      if (key === 'good') return 'handled';
      tries += 1;
      throw new Error(`Broken ${tries}`);
    },
    deadLetter({ key }, error, tried) {
      aside.push([key, (error as Error).message, tried]);
      return 'dead_lettered';
    },
  });
  await log.deliver();
  expect(tries).toBe(5);
  expect(aside).toEqual([['bad', 'Broken 5', 5]]);
  expect(log.commits.at(-1)).toBe(2n);
});

test('what no later try can mend is set aside at once', async () => {
  const log = createMemoryLog([record('a')]);
  const tries: number[] = [];
  await run(log, {
    handle: () => Promise.reject(new EventError('UNKNOWN_TYPE', 'Never heard of it.')),
    deadLetter(_record, _error, tried) {
      tries.push(tried);
      return 'dead_lettered';
    },
  });
  await log.deliver();
  expect(tries).toEqual([1]);
});

test('a dead letter that cannot be stored is tried until it is, and nothing is committed before', async () => {
  const log = createMemoryLog([record('a')]);
  let attempts = 0;
  await run(log, {
    handle: () => Promise.reject(new EventError('MALFORMED', 'No event.')),
    deadLetter() {
      expect(log.commits.filter((offset) => offset > 0n)).toEqual([]);
      attempts += 1;
      if (attempts < 20) throw new Error('The database is away.');
      return 'dead_lettered';
    },
  });
  await log.deliver();
  expect(attempts).toBe(20);
  expect(log.commits.at(-1)).toBe(1n);
});

test('a record that waits for its next try holds no place that another could use', async () => {
  const log = createMemoryLog(['waits', 'a', 'b', 'c'].map(record));
  let isAway = true;
  const handled: string[] = [];
  await run(log, {
    limits: { concurrency: 1, backoff: { firstMs: 5, maxMs: 5 } },
    handle({ key }) {
      if (key === 'waits' && isAway) throw new AppError('DEADLINE_EXCEEDED', 'Too slow.');
      handled.push(key);
      return 'handled';
    },
  });
  const delivered = log.deliver();
  await expect.poll(() => handled).toEqual(['a', 'b', 'c']);
  isAway = false;
  await delivered;
  expect(handled).toEqual(['a', 'b', 'c', 'waits']);
});

test('a delivery that aborts finishes what is before the furthest record begun, begins nothing after it, and commits', async () => {
  const log = createMemoryLog(['a', 'a', 'b', 'c', 'd'].map(record));
  const aborting = new AbortController();
  const gates = createGates();
  const begun: bigint[] = [];
  await run(log, {
    limits: { concurrency: 2, maxInflight: 64, commitEveryMs: 60_000 },
    async handle({ offset }): Promise<RecordResult> {
      begun.push(offset);
      await gates.pass(offset);
      return 'handled';
    },
  });
  const delivered = log.deliver({ signal: aborting.signal });
  await expect.poll(() => begun).toEqual([0n, 2n]);
  aborting.abort();
  gates.open(0n);
  await expect.poll(() => begun).toEqual([0n, 2n, 1n]);
  gates.open(1n);
  gates.open(2n);
  await delivered;
  expect(begun).toEqual([0n, 2n, 1n]);
  expect(log.commits).toEqual([3n]);
});

test('a delivery that aborts does not wait for what is away, and leaves it with the rest of its key', async () => {
  const log = createMemoryLog(['a', 'waits', 'waits'].map(record));
  const aborting = new AbortController();
  const tried: bigint[] = [];
  await run(log, {
    limits: { backoff: { firstMs: 60_000, maxMs: 60_000 } },
    handle({ key, offset }) {
      tried.push(offset);
      if (key === 'waits') throw new AppError('SERVICE_UNAVAILABLE', 'Away.');
      return 'handled';
    },
  });
  const delivered = log.deliver({ signal: aborting.signal });
  await expect.poll(() => tried).toEqual([0n, 1n]);
  aborting.abort();
  await delivered;
  expect(tried).toEqual([0n, 1n]);
  expect(log.commits.at(-1)).toBe(1n);
});

test('a batch whose end cannot be committed is delivered again; of a partition that was lost nothing more is asked', async () => {
  const log = createMemoryLog([record('a')]);
  const deliveries: number[] = [];
  await run(log, {
    handle: () => 'handled',
    observer: { onDelivery: ({ redelivered }) => void deliveries.push(redelivered) },
  });
  log.refuseCommits(new Error('The coordinator is away.'));
  await expect(log.deliver()).rejects.toThrow('coordinator');
  await log.deliver({ signal: AbortSignal.abort() });
  log.refuseCommits(undefined);
  await log.deliver();
  expect(log.commits).toEqual([1n]);
  expect(deliveries).toEqual([0, 1, 1]);
});

test('failures that pass by themselves are told from those of the record', () => {
  const ofDatabase = (code: string) => Object.assign(new pg.DatabaseError('refused', 7, 'error'), { code });
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const passing = [
    new AppError('SERVICE_UNAVAILABLE', ''),
    new AppError('DEADLINE_EXCEEDED', ''),
    new AppError('RESOURCE_EXHAUSTED', ''),
    refused,
    ...['40001', '40P01', '57P01', '08006', '53300', '57014', '55P03'].map(ofDatabase),
  ];
  const own = [
    new AppError('CONFLICT', ''),
    new AppError('INTERNAL_ERROR', ''),
    new Error(''),
    'text',
    ofDatabase('23505'),
    ofDatabase('22021'),
  ];
  expect(passing.map(failureOf)).toEqual(passing.map(() => 'retryable'));
  expect(own.map(failureOf)).toEqual(own.map(() => 'bounded'));
  expect(failureOf(new EventError('MALFORMED', ''))).toBe('permanent');
});
