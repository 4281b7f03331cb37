import { randomUUID } from 'node:crypto';
import { AppError } from '@nova/errors';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { discard, listDeadLetters, replayProgress, requestReplay, showDeadLetter } from '../src/index.ts';
import {
  type ConsumerDatabase,
  createConsumerDatabase,
  effectHandler,
  eventRecord,
  group,
  type Handler,
  malformed,
  numbers,
} from './_harness/consumer-database.ts';

let database: ConsumerDatabase;

beforeEach(async () => {
  database = await createConsumerDatabase();
});
afterEach(() => database.drop());

/** A handler that refuses the events of these names (`key:number`) until they are taken out. */
function refusing(...names: string[]) {
  const refused = new Set(names);
  const handler = effectHandler(({ key, number }) => {
    if (refused.has(`${key}:${number}`)) throw new Error('It does not work yet.');
  });
  return { refused, handler };
}

const by = 'operator';
const caughtUp = () => expect.poll(database.lag).toBe(0n);
const unresolved = async () => (await listDeadLetters(database.db, { first: 500 })).letters;
const parkedKeys = () => database.rows<{ key: string }>('select key from parked_keys order by key');
const audit = async () =>
  (
    await database.rows<{ who: string; what: string; outcome: string }>(
      'select who, what, outcome from dead_letter_audit order by id',
    )
  ).map(({ who, what, outcome }) => `${who} ${what} ${outcome}`);

test('replaying the first letter of a key frees the key: those that only waited follow in order, then live events', async () => {
  const { refused, handler } = refusing('a:1');
  await database.consume(handler);
  await database.send([1, 2, 3].map((number) => eventRecord('a', number)));
  await caughtUp();
  refused.clear();
  const [first] = await unresolved();
  const request = await requestReplay(database.db, { by, id: first?.id ?? '' });
  expect(request.requested).toBe(1);
  await expect.poll(parkedKeys).toEqual([]);
  await database.send([eventRecord('a', 4)]);
  await caughtUp();
  expect(await database.effects()).toEqual(numbers('a', 1, 4));
  expect(await audit()).toEqual([
    'operator request requested',
    'operator replay replayed',
    'nova replay replayed',
    'nova replay replayed',
  ]);
  expect(await replayProgress(database.db, { by, at: request.at })).toEqual({ waiting: 0, outcomes: { replayed: 1 } });
});

test('replaying a letter replays those before it of the same key first', async () => {
  const { refused, handler } = refusing('a:1', 'a:3');
  await database.consume(handler);
  await database.send([1, 2, 3, 4].map((number) => eventRecord('a', number)));
  await caughtUp();
  refused.clear();
  const third = (await unresolved())[2];
  await requestReplay(database.db, { by, id: third?.id ?? '' });
  await expect.poll(parkedKeys).toEqual([]);
  expect(await database.effects()).toEqual(numbers('a', 1, 4));
});

test('by cause, only the keys with a letter of that cause go on', async () => {
  const { refused, handler } = refusing('a:1', 'b:1');
  await database.consume(handler);
  await database.send([eventRecord('a', 1), malformed('m'), eventRecord('b', 1), eventRecord('b', 2)]);
  await caughtUp();
  refused.clear();
  expect((await requestReplay(database.db, { by, causeCode: 'FAILED' })).requested).toBe(2);
  await expect.poll(parkedKeys).toEqual([{ key: 'm' }]);
  expect((await database.effects()).sort()).toEqual(['a:1', 'b:1', 'b:2']);
});

test('a letter that fails again waits with its new cause, one more try and no request, and so do those behind it', async () => {
  const { handler } = refusing('a:1');
  await database.consume(handler);
  await database.send([eventRecord('a', 1), eventRecord('a', 2)]);
  await caughtUp();
  const { at } = await requestReplay(database.db, { by, all: true });
  await expect.poll(async () => (await replayProgress(database.db, { by, at })).waiting).toBe(0);
  expect((await replayProgress(database.db, { by, at })).outcomes).toEqual({ failed: 1, blocked: 1 });
  expect(await unresolved()).toMatchObject([
    {
      causeCode: 'FAILED',
      cause: 'Error: It does not work yet.',
      tries: 6,
      replayRequestedAt: null,
      replayRequestedBy: null,
    },
    { causeCode: 'KEY_PARKED', tries: 0, replayRequestedAt: null },
  ]);
  expect(await database.effects()).toEqual([]);
  expect((await audit()).sort()).toEqual([
    'operator replay blocked',
    'operator replay failed',
    'operator request requested',
    'operator request requested',
  ]);
});

test('all, twice, by two operators, with two consumer processes, while live events arrive: order per key, no second effect', async () => {
  const keys = Array.from({ length: 12 }, (_, at) => `key-${at}`);
  const refused = new Set(keys.map((key) => `${key}:3`));
  const handler = () =>
    effectHandler(({ key, number }) => {
      if (refused.has(`${key}:${number}`)) throw new Error('It does not work yet.');
    });
  await database.consume(handler());
  await database.consume(handler(), { log: database.openLog() });
  const round = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, at) => keys.map((key) => eventRecord(key, from + at))).flat();
  await database.send(round(1, 6));
  await caughtUp();
  expect(await parkedKeys()).toHaveLength(keys.length);
  refused.clear();
  const live = (async () => {
    for (let number = 7; number <= 24; number += 1) await database.send(round(number, number));
  })();
  await Promise.all([
    requestReplay(database.db, { by, all: true }),
    requestReplay(database.db, { by: 'another', all: true }),
    live,
  ]);
  await requestReplay(database.db, { by, all: true });
  await caughtUp();
  await expect.poll(parkedKeys).toEqual([]);
  for (const key of keys) expect(await database.effects(key)).toEqual(numbers(key, 1, 24));
  expect(await unresolved()).toEqual([]);
});

test('replaying what had its effect already does nothing but settle it', async () => {
  const { refused, handler } = refusing('a:1');
  await database.consume(handler);
  const record = eventRecord('a', 1);
  await database.send([record]);
  await caughtUp();
  refused.clear();
  await database.rows(`insert into inbox (consumer, event_id) select '${group}', event_id from dead_letters`);
  await requestReplay(database.db, { by, all: true });
  await expect.poll(parkedKeys).toEqual([]);
  expect(await database.effects()).toEqual([]);
  expect(await audit()).toEqual(['operator request requested', 'operator replay duplicate']);
});

test('a redelivery of what is set aside, replayed or given up changes nothing', async () => {
  const { refused, handler } = refusing('a:1', 'b:1');
  const [a, b, m] = [eventRecord('a', 1), eventRecord('b', 1), malformed('m')];
  let consumer = await database.consume(handler);
  await database.send([a, b, m]);
  await caughtUp();
  const again = async () => {
    await consumer.stop();
    await database.rewind();
    consumer = await database.consume(handler);
    await caughtUp();
  };
  await again();
  expect(await unresolved()).toHaveLength(3);
  refused.clear();
  const letterOf = async (key: string) => (await unresolved()).find((letter) => letter.key === key)?.id ?? '';
  await requestReplay(database.db, { by, id: await letterOf('a') });
  await discard(database.db, { by, id: await letterOf('b') });
  await discard(database.db, { by, id: await letterOf('m') });
  await expect.poll(parkedKeys).toEqual([]);
  await again();
  expect(await database.effects()).toEqual(['a:1']);
  expect(await parkedKeys()).toEqual([]);
  expect(await unresolved()).toEqual([]);
});

test('what is given up has no effect, and those that waited behind it go on', async () => {
  const { handler } = refusing('a:1');
  await database.consume(handler);
  await database.send([1, 2, 3].map((number) => eventRecord('a', number)));
  await caughtUp();
  const [first] = await unresolved();
  await discard(database.db, { by, id: first?.id ?? '' });
  await expect.poll(parkedKeys).toEqual([]);
  expect(await database.effects()).toEqual(['a:2', 'a:3']);
  expect((await audit())[0]).toBe('operator discard discarded');
  expect(await showDeadLetter(database.db, first?.id ?? '')).toMatchObject({
    resolution: 'discarded',
    audit: [{ who: by, what: 'discard', outcome: 'discarded' }],
  });
});

test('a replay waits for what is away, and its request with it', async () => {
  const { refused, handler } = refusing('a:1');
  let isAway = false;
  let waits = 0;
  await database.consume(
    {
      ...handler,
      async run(event, context) {
        if (isAway) throw new AppError('SERVICE_UNAVAILABLE', 'Away.');
        await handler.run(event, context);
      },
    },
    {
      observer: {
        onReplayWaits() {
          waits += 1;
          isAway = false;
        },
      },
    },
  );
  await database.send([eventRecord('a', 1)]);
  await caughtUp();
  refused.clear();
  isAway = true;
  await requestReplay(database.db, { by, all: true });
  await expect.poll(parkedKeys).toEqual([]);
  expect(waits).toBe(1);
  expect(await database.effects()).toEqual(['a:1']);
  expect(await audit()).toEqual(['operator request requested', 'operator replay replayed']);
});

test('letters are listed page by page; what does not exist or is settled is said', async () => {
  await database.consume(effectHandler());
  await database.send(Array.from({ length: 7 }, (_, at) => malformed(`m${at}`)));
  await caughtUp();
  const first = await listDeadLetters(database.db, { first: 5 });
  expect(first).toMatchObject({ hasMore: true, letters: { length: 5 } });
  const rest = await listDeadLetters(database.db, { first: 5, after: first.letters.at(-1)?.id });
  expect(rest).toMatchObject({ hasMore: false, letters: { length: 2 } });
  expect((await listDeadLetters(database.db, { first: 5, causeCode: 'FAILED' })).letters).toEqual([]);
  expect((await listDeadLetters(database.db, { first: 5, group: 'another' })).letters).toEqual([]);
  await expect(listDeadLetters(database.db, { first: 501 })).rejects.toMatchObject({ code: 'INVALID_PAGE_SIZE' });
  await expect(requestReplay(database.db, { by, id: randomUUID() })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(requestReplay(database.db, { by, id: 'no id' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const id = first.letters[0]?.id ?? '';
  await discard(database.db, { by, id });
  await expect(discard(database.db, { by, id })).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(requestReplay(database.db, { by, id })).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('what a handler wants done afterwards is done once others see its effect, live and replayed, and not when it fails', async () => {
  const { refused, handler } = refusing('a:1');
  const seen: string[][] = [];
  const run: Handler['run'] = async (event, context) => {
    context.afterCommit(async () => void seen.push(await database.effects()));
    await handler.run(event, context);
  };
  await database.consume({ ...handler, run });
  await database.send([eventRecord('a', 1)]);
  await caughtUp();
  const [letter] = await unresolved();
  const replay = () => requestReplay(database.db, { by, id: letter?.id ?? '' });
  await replay();
  await expect.poll(audit).toContain('operator replay failed');
  expect(seen).toEqual([]);
  refused.clear();
  await replay();
  await expect.poll(() => seen).toEqual([['a:1']]);
  await database.send([eventRecord('b', 1)]);
  await expect.poll(() => seen).toEqual([['a:1'], ['a:1', 'b:1']]);
});
