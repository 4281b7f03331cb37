import { AppError } from '@nova/errors';
import { type ConsumerObserver, EventError } from '@nova/events';
import { createMetrics } from '@nova/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asEventLog, createMemoryLog } from '../../events/tests/_harness/memory-log.ts';
import {
  type ConsumerDatabase,
  createConsumerDatabase,
  effectHandler,
  eventRecord,
  group,
  malformed,
  numbers,
  topic,
} from './_harness/consumer-database.ts';

let database: ConsumerDatabase;

beforeEach(async () => {
  database = await createConsumerDatabase();
});
afterEach(() => database.drop());

const caughtUp = () => expect.poll(database.lag).toBe(0n);
const letters = () =>
  database.rows<{ key: string; cause_code: string; tries: number }>(
    'select key, cause_code, tries from dead_letters where resolved_at is null order by sequence',
  );

test('an event that is delivered three times has its effect once', async () => {
  const once = eventRecord('a', 1);
  await database.send([once, once, eventRecord('b', 1), once]);
  const results: string[] = [];
  await database.consume(effectHandler(), { observer: { onRecord: ({ result }) => void results.push(result) } });
  await caughtUp();
  expect((await database.effects()).sort()).toEqual(['a:1', 'b:1']);
  expect(results.sort()).toEqual(['duplicate', 'duplicate', 'handled', 'handled']);
});

test('events of one key have their effects in order, however many keys there are beside it', async () => {
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  await database.send(numbers('', 1, 40).flatMap((_, at) => keys.map((key) => eventRecord(key, at + 1))));
  await database.consume(effectHandler());
  await caughtUp();
  for (const key of keys) expect(await database.effects(key)).toEqual(numbers(key, 1, 40));
});

test('a poison event parks its key, whose later events follow it in order, and no other', async () => {
  await database.send([1, 2, 3, 4].flatMap((number) => [eventRecord('bad', number), eventRecord('good', number)]));
  await database.consume(
    effectHandler(({ key, number }) => {
      if (key === 'bad' && number === 2) throw new Error('This one never works.');
    }),
  );
  await caughtUp();
  expect(await database.effects('good')).toEqual(numbers('good', 1, 4));
  expect(await database.effects('bad')).toEqual(['bad:1']);
  expect(await letters()).toEqual([
    { key: 'bad', cause_code: 'FAILED', tries: 5 },
    { key: 'bad', cause_code: 'KEY_PARKED', tries: 0 },
    { key: 'bad', cause_code: 'KEY_PARKED', tries: 0 },
  ]);
  expect(await database.rows('select consumer_group, topic, key from parked_keys')).toEqual([
    { consumer_group: group, topic, key: 'bad' },
  ]);
});

test('what is set aside is announced in the same transaction, with its origin, its cause and what it carries', async () => {
  const poison = eventRecord('bad', 1);
  await database.send([poison]);
  await database.consume(effectHandler(() => Promise.reject(new EventError('MALFORMED', 'Not for me.'))));
  await caughtUp();
  const [letter] = await database.rows<{ id: string; value: Buffer; headers: object; xmin: string }>(
    'select id, value, headers, xmin from dead_letters',
  );
  const [row] = await database.rows<{ topic: string; key: string; type: string; correlation_id: string; xmin: string }>(
    'select topic, key, type, correlation_id, xmin from outbox_events',
  );
  expect(new Uint8Array(letter?.value ?? [])).toEqual(poison.value);
  expect(letter?.headers).toEqual(poison.headers);
  expect(row).toEqual({
    topic: 'dlq.all',
    key: 'bad',
    type: 'common.dead_lettered',
    correlation_id: poison.headers['correlation-id'],
    xmin: letter?.xmin,
  });
});

test('a record that is no event, an unknown type and an unknown version are set aside at once; other keys go on', async () => {
  await database.send([
    malformed('m'),
    eventRecord('t', 1, { type: 'content.never_heard_of' }),
    eventRecord('v', 1, { version: 9 }),
    eventRecord('x', 1, { type: 'content.post_deleted', version: 7 }),
    eventRecord('fine', 1),
  ]);
  await database.consume(effectHandler());
  await caughtUp();
  expect(await database.effects()).toEqual(['fine:1']);
  const aside = (await letters()).map(({ key, cause_code, tries }) => `${key} ${cause_code} ${tries}`);
  expect(aside.sort()).toEqual(['m MALFORMED 1', 't UNKNOWN_TYPE 1', 'v UNKNOWN_VERSION 1', 'x UNKNOWN_VERSION 1']);
});

test('an event that nobody here wants is passed over, even when its key is parked', async () => {
  await database.send([malformed('m'), eventRecord('m', 2, { type: 'content.post_deleted' })]);
  const results: string[] = [];
  await database.consume(effectHandler(), { observer: { onRecord: ({ result }) => void results.push(result) } });
  await caughtUp();
  expect(results).toEqual(['dead_lettered', 'ignored']);
  expect(await letters()).toHaveLength(1);
});

test('poison that no database would store as it is, is set aside all the same', async () => {
  const headers = { 'nul\u0000': '\u0000', 'correlation-id': 'a\u0000' };
  const type = 'never.\u0000heard';
  const nul = eventRecord('nul\u0000', 1, { type });
  const log = createMemoryLog([
    { ...nul, headers },
    { ...malformed('k'.repeat(20_000)), headers },
    { ...malformed('nul\u0000'), headers },
    malformed(''),
  ]);
  await database.consume(effectHandler(), { log: asEventLog(log) });
  await log.deliver();
  expect(log.commits.at(-1)).toBe(4n);
  expect((await letters()).map(({ key }) => key.length).sort((a, b) => a - b)).toEqual([0, 4, 4, 200]);
});

test('what a handler needs may be away: its event waits, later ones of its key too, others flow, nothing is lost', async () => {
  await database.send([1, 2, 3].flatMap((number) => [eventRecord('waits', number), eventRecord('flows', number)]));
  let failures = 0;
  let isAway = true;
  await database.consume(
    effectHandler(({ key }) => {
      if (key !== 'waits' || !isAway) return;
      failures += 1;
      throw new AppError('SERVICE_UNAVAILABLE', 'Come back later.');
    }),
  );
  await expect.poll(() => failures).toBeGreaterThan(10);
  expect(await database.effects('flows')).toEqual(numbers('flows', 1, 3));
  expect(await database.effects('waits')).toEqual([]);
  expect(await database.lag()).toBeGreaterThanOrEqual(3n);
  isAway = false;
  await caughtUp();
  expect(await database.effects('waits')).toEqual(numbers('waits', 1, 3));
  expect(await letters()).toEqual([]);
});

test('a clean stop in the middle leaves nothing that is delivered again', async () => {
  const keys = Array.from({ length: 20 }, (_, at) => `key-${at}`);
  await database.send(numbers('', 1, 20).flatMap((_, at) => keys.map((key) => eventRecord(key, at + 1))));
  const results: string[] = [];
  const observer: ConsumerObserver = { onRecord: ({ result }) => void results.push(result) };
  const first = await database.consume(
    effectHandler(() => new Promise((resolve) => setTimeout(resolve, 2))),
    { observer },
  );
  await expect.poll(() => results.length, { interval: 1 }).toBeGreaterThan(40);
  await first.stop();
  expect(results.length).toBeLessThan(400);
  await database.consume(effectHandler(), { observer });
  await caughtUp();
  expect(results.filter((result) => result !== 'handled')).toEqual([]);
  expect(results).toHaveLength(400);
  for (const key of keys) expect(await database.effects(key)).toEqual(numbers(key, 1, 20));
});

test('the effect, the inbox and the failure of a handler are one transaction', async () => {
  await database.send([eventRecord('a', 1)]);
  let tries = 0;
  await database.consume({
    ...effectHandler(),
    async run(event, context) {
      tries += 1;
      await effectHandler().run(event, context);
      if (tries < 3) throw new Error('After the effect.');
    },
  });
  await caughtUp();
  expect(tries).toBe(3);
  expect(await database.effects()).toEqual(['a:1']);
});

test('a consumer whose events could come again after the inbox forgot them does not start', async () => {
  const topics = [{ name: topic, partitions: 12, retentionMs: 15 * 24 * 60 * 60 * 1000 }];
  await expect(database.consume(effectHandler(), { topics })).rejects.toMatchObject({ code: 'INBOX_FORGETS_TOO_SOON' });
  await expect(database.consume(effectHandler(), { topics: [] })).rejects.toMatchObject({ code: 'UNDECLARED_TOPIC' });
  await expect(
    database.consume(effectHandler(), { handlers: [effectHandler(), effectHandler()] }),
  ).rejects.toMatchObject({
    code: 'HANDLERS',
  });
});

test('the metrics say what happened, what waits and how far behind the group is', async () => {
  const metrics = createMetrics('test');
  const twice = eventRecord('a', 1);
  await database.send([
    twice,
    twice,
    malformed('m'),
    eventRecord('m', 2),
    eventRecord('d', 1, { type: 'content.post_deleted' }),
  ]);
  await database.consume(effectHandler(), { metrics });
  await caughtUp();
  const text = await metrics.metrics();
  const value = (name: string, labels: string) =>
    text
      .split('\n')
      .find((line) => line.startsWith(name) && labels.split(' ').every((label) => line.includes(label)))
      ?.split(' ')
      .at(-1);
  expect(value('consumer_events_total', 'result="handled"')).toBe('1');
  expect(value('consumer_events_total', 'result="duplicate"')).toBe('1');
  expect(value('consumer_events_total', 'result="ignored"')).toBe('1');
  expect(value('consumer_events_total', 'result="dead_lettered"')).toBe('2');
  expect(value('dead_letters', 'cause="MALFORMED"')).toBe('1');
  expect(value('dead_letters', 'cause="KEY_PARKED"')).toBe('1');
  expect(value('parked_keys', 'group="user"')).toBe('1');
  expect(value('consumer_lag_records', 'partition="0"')).toBe('0');
  expect(Number(value('consumer_event_age_seconds_count', 'group="user"'))).toBe(1);
});

test('groups of one process share the metrics, and one that stops takes only itself out', async () => {
  const metrics = createMetrics('test');
  await database.send([eventRecord('a', 1)]);
  const first = await database.consume(effectHandler(), { metrics });
  const second = await database.consume(effectHandler(), { metrics, group: 'another' });
  const groups = async (name: string) => {
    const lines = (await metrics.metrics()).split('\n').filter((line) => line.startsWith(`${name}{`));
    return [...new Set(lines.map((line) => line.match(/group="(\w+)"/)?.[1]))].sort();
  };
  await expect.poll(() => groups('consumer_events_total')).toEqual(['another', 'user']);
  expect(await groups('consumer_lag_records')).toEqual(['another', 'user']);
  await first.stop();
  await expect.poll(() => groups('consumer_lag_records'), { interval: 500 }).toEqual(['another']);
  await second.stop();
  expect(await metrics.metrics()).not.toContain('consumer_lag_records');
});
