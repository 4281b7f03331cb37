import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requestReplay } from '../src/index.ts';
import type { ConsumerChildOptions } from './_harness/consumer-child.ts';
import { type ConsumerDatabase, createConsumerDatabase, eventRecord, numbers } from './_harness/consumer-database.ts';

const script = fileURLToPath(new URL('./_harness/consumer-child.ts', import.meta.url));
const keys = Array.from({ length: 8 }, (_, at) => `key-${at}`);

/** Each test starts several processes, one after the other. */
const patient = { timeout: 300_000 };
const waiting = { timeout: 120_000 };

let database: ConsumerDatabase;
let children: ChildProcess[];

beforeEach(async () => {
  database = await createConsumerDatabase();
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(
    children.map(async (child) => child.exitCode === null && child.signalCode === null && once(child, 'exit')),
  );
  await database.drop();
});

function spawn(options: Omit<ConsumerChildOptions, 'url'> = {}): { died: Promise<unknown> } {
  const child = fork(script, [JSON.stringify({ ...options, url: database.url })], { execArgv: [], stdio: 'inherit' });
  children.push(child);
  return { died: once(child, 'exit').then(([code, signal]) => signal ?? code) };
}

const send = (from: number, to: number) =>
  database.send(
    Array.from({ length: to - from + 1 }, (_, at) => keys.map((key) => eventRecord(key, from + at))).flat(),
  );
const caughtUp = () => expect.poll(database.lag, waiting).toBe(0n);
const parkedKeys = () => database.rows('select key from parked_keys');

async function expectExact(count: number): Promise<void> {
  for (const key of keys) expect(await database.effects(key)).toEqual(numbers(key, 1, count));
}

test.each([
  ['the inbox has the event and its effect is not there', 'claimed'],
  ['the effect is there and not committed', 'effect'],
  ['the effect is committed and the offset is not', 'committed'],
] as const)(
  'a consumer killed when %s leaves each event with its effect once and in order',
  patient,
  async (_when, failPoint) => {
    await send(1, 10);
    for (const occurrence of [1, 7, 30]) expect(await spawn({ failPoint, occurrence }).died).toBe('SIGKILL');
    spawn();
    await caughtUp();
    await expectExact(10);
  },
);

test.each([
  ['before a record is set aside', 'givenUp'],
  ['after it was, before the offset is committed', 'aside'],
] as const)(
  'a consumer killed %s sets it aside once, announced once',
  { timeout: 120_000 },
  async (_when, failPoint) => {
    const refused = keys.map((key) => `${key}:2`);
    await send(1, 4);
    for (const occurrence of [1, 5]) expect(await spawn({ failPoint, occurrence, refused }).died).toBe('SIGKILL');
    spawn({ refused });
    await caughtUp();
    await expectExact(1);
    const aside = await database.rows<{ letters: number; announced: number; keys: number }>(`
    select (select count(*)::int from dead_letters) as letters, (select count(*)::int from outbox_events) as announced,
      (select count(*)::int from parked_keys) as keys`);
    expect(aside).toEqual([{ letters: 24, announced: 24, keys: 8 }]);
  },
);

test.each([
  ['while the effect of a replay is not committed', 'effect'],
  ['after a letter was replayed', 'replayed'],
] as const)(
  'a consumer killed %s replays the rest in order and nothing twice',
  { timeout: 120_000 },
  async (_when, failPoint) => {
    const first = spawn({ refused: keys.map((key) => `${key}:1`) });
    await send(1, 4);
    await caughtUp();
    expect(await parkedKeys()).toHaveLength(keys.length);
    children[0]?.kill('SIGTERM');
    expect(await first.died).toBe(0);
    await requestReplay(database.db, { by: 'operator', all: true });
    for (const occurrence of [1, 6, 9]) expect(await spawn({ failPoint, occurrence }).died).toBe('SIGKILL');
    spawn();
    spawn();
    await send(5, 6);
    await caughtUp();
    await expect.poll(parkedKeys, waiting).toEqual([]);
    await expectExact(6);
    const audit = await database.rows<{ outcome: string; count: number }>(
      `select outcome, count(*)::int as count from dead_letter_audit where what = 'replay' group by outcome`,
    );
    const letters = await database.rows<{ count: number }>('select count(*)::int as count from dead_letters');
    expect(audit).toEqual([{ outcome: 'replayed', count: letters[0]?.count }]);
  },
);
