import { fromBinary } from '@bufbuild/protobuf';
import { on } from '@nova/events';
import { DeadLetteredSchema, DeadLetterSettledSchema } from '@nova/proto/nova/common/v1/dead_letter_pb.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { discard, type HandlerContext, requestReplay, requestSomeReplays } from '../src/index.ts';
import {
  type ConsumerDatabase,
  createConsumerDatabase,
  effectHandler,
  eventRecord,
  malformed,
  type Tables,
} from './_harness/consumer-database.ts';

let database: ConsumerDatabase;
let refused: boolean;
beforeEach(async () => {
  refused = true;
  database = await createConsumerDatabase();
});
afterEach(() => database.drop());

function start() {
  const handler = effectHandler(() => {
    if (refused) throw new Error('Not yet.');
  });
  const listener = on(DeadLetteredSchema, async (_event, _context: HandlerContext<Tables>) => undefined);
  return database.consume(handler, { handlers: [handler, listener] });
}

async function announced() {
  const rows = await database.rows<{ type: string; key: string; payload: Buffer }>(
    `select type, key, payload from outbox_events order by id`,
  );
  return rows.map(({ type, key, payload }) => {
    const settled = type === 'common.dead_letter_settled';
    const message = settled ? fromBinary(DeadLetterSettledSchema, payload) : fromBinary(DeadLetteredSchema, payload);
    return { type, key, message };
  });
}

const types = async () => (await announced()).map(({ type }) => type.replace('common.dead_letter', ''));
const letterIds = async () =>
  (await database.rows<{ id: string }>('select id from dead_letters order by sequence')).map(({ id }) => id);

test('what becomes of a letter is announced under its key: set aside, failed again, replayed', async () => {
  await database.send([eventRecord('a', 1)]);
  await start();
  await expect.poll(letterIds).toHaveLength(1);
  const [id = ''] = await letterIds();
  await requestReplay(database.db, { by: 'ada', id });
  await expect.poll(types).toEqual(['ed', 'ed']);
  refused = false;
  await requestReplay(database.db, { by: 'grace', id });
  await expect.poll(types).toEqual(['ed', 'ed', '_settled']);
  const told = await announced();
  expect(told.map(({ key }) => key)).toEqual(['a', 'a', 'a']);
  expect(told.map(({ message }) => message.deadLetterId)).toEqual([id, id, id]);
  expect(told[1]?.message).toMatchObject({ tries: 6, domain: 'user' });
  expect(told[2]?.message).toMatchObject({ domain: 'user', resolution: 'replayed', settledBy: 'grace' });
});

test('a letter that is given up is announced as settled', async () => {
  await database.send([malformed('m')]);
  await start();
  await expect.poll(letterIds).toHaveLength(1);
  const [id = ''] = await letterIds();
  await discard(database.db, { by: 'ada', id });
  expect((await announced()).at(-1)?.message).toMatchObject({ resolution: 'discarded', settledBy: 'ada' });
});

test('what is set aside of dlq.all is kept, and not announced there again and again', async () => {
  await start();
  await database.send([{ ...malformed('k'), topic: 'dlq.all' }]);
  await expect.poll(letterIds).toHaveLength(1);
  expect(await announced()).toEqual([]);
});

test('replays are asked for in batches, each letter once, until nobody is left to ask for', async () => {
  await database.send(['a', 'b', 'c'].map((key) => malformed(key)));
  const consumer = await start();
  await expect.poll(letterIds).toHaveLength(3);
  await consumer.stop();
  const ask = () => requestSomeReplays(database.db, { by: 'ada', all: true, limit: 2 });
  expect([await ask(), await ask(), await ask()]).toMatchObject([
    { requested: 2, more: true },
    { requested: 1, more: false },
    { requested: 0, more: false },
  ]);
});
