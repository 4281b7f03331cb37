import { create, type DescMessage, toBinary } from '@bufbuild/protobuf';
import { createEventCatalogue, type OutgoingRecord, on, type Upcast, upcast } from '@nova/events';
import type { Running } from '@nova/runtime';
import { sql, type Transaction } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { requestReplay, startConsumer } from '../src/index.ts';
import {
  type ConsumerDatabase,
  createConsumerDatabase,
  eventRecord,
  group,
  silent,
  type Tables,
} from './_harness/consumer-database.ts';
import { eventMessage, renamed, schemas, textsOf } from './_harness/event-schemas.ts';

const [first, second, third] = schemas(
  eventMessage('ThingRenamed', 1, ['thing_id', 'full_name']),
  eventMessage('ThingRenamedV2', 2, ['thing_id', 'first_name', 'last_name']),
  eventMessage('ThingRenamedV3', 3, ['thing_id', 'names']),
) as [DescMessage, DescMessage, DescMessage];

function record(schema: DescMessage, version: number, texts: Record<string, string>): OutgoingRecord {
  const payload = toBinary(schema, Object.assign(create(schema), texts));
  return eventRecord(texts.thingId ?? '', 1, { type: renamed, version, payload });
}

const fromFirst: Upcast<DescMessage> = upcast(first, second, (old) => {
  const { thingId, fullName = '' } = textsOf(first, old);
  const [firstName, lastName] = fullName.split(' ');
  return { thingId, firstName, lastName };
});

let database: ConsumerDatabase;
let consumer: Running | undefined;
beforeEach(async () => {
  database = await createConsumerDatabase();
});
afterEach(async () => {
  await consumer?.stop();
  await database.drop();
});

/** A consumer of a build that knows the schemas given and whose handler takes the second version. */
async function start(known: readonly DescMessage[], upcasts: readonly Upcast<DescMessage>[] = []) {
  const received: unknown[] = [];
  const handler = on(
    second,
    async ({ message, id, version }, { tx }: { tx: Transaction<Tables> }) => {
      const texts = textsOf(second, message);
      received.push({ ...texts, sentAs: version });
      await sql`insert into effects (event_id, key, number) values (${id}, ${texts.thingId}, ${version})`.execute(tx);
    },
    upcasts,
  );
  await consumer?.stop();
  const { db, log } = database;
  const catalogue = createEventCatalogue(known);
  consumer = await startConsumer<Tables>({
    db,
    log,
    group,
    handlers: [handler],
    catalogue,
    logger: silent,
    replayPollMs: 10,
  });
  return received;
}

const caughtUp = () => expect.poll(database.lag).toBe(0n);
const causes = async () =>
  (
    await database.rows<{ key: string; cause_code: string }>(
      'select key, cause_code from dead_letters where resolved_at is null order by sequence',
    )
  ).map(({ key, cause_code: cause }) => `${key} ${cause}`);

test('an old version in the log reaches the handler as the current message', async () => {
  await database.send([
    record(first, 1, { thingId: 'a', fullName: 'Ada Lovelace' }),
    record(second, 2, { thingId: 'a', firstName: 'Ada', lastName: 'King' }),
  ]);
  const received = await start([first, second], [fromFirst]);
  await caughtUp();
  expect(received).toEqual([
    { thingId: 'a', firstName: 'Ada', lastName: 'Lovelace', sentAs: 1 },
    { thingId: 'a', firstName: 'Ada', lastName: 'King', sentAs: 2 },
  ]);
});

test('a field that a newer build added is passed over', async () => {
  const [newer] = schemas(eventMessage('ThingRenamedV2', 2, ['thing_id', 'first_name', 'last_name', 'title'])) as [
    DescMessage,
  ];
  await database.send([record(newer, 2, { thingId: 'a', firstName: 'Ada', lastName: 'King', title: 'Countess' })]);
  const received = await start([second]);
  await caughtUp();
  expect(received).toEqual([{ thingId: 'a', firstName: 'Ada', lastName: 'King', sentAs: 2 }]);
});

test('versions and types that a build does not know wait among the dead letters for one that does; other keys go on', async () => {
  await database.send([
    record(third, 3, { thingId: 'newer', names: 'Ada Augusta King' }),
    record(first, 1, { thingId: 'older', fullName: 'Ada Lovelace' }),
    eventRecord('stranger', 1, { type: 'content.never_heard_of' }),
    record(second, 2, { thingId: 'fine', firstName: 'Ada', lastName: 'King' }),
  ]);
  const received = await start([second]);
  await caughtUp();
  expect(received).toEqual([{ thingId: 'fine', firstName: 'Ada', lastName: 'King', sentAs: 2 }]);
  expect((await causes()).sort()).toEqual(['newer UNKNOWN_VERSION', 'older UNKNOWN_VERSION', 'stranger UNKNOWN_TYPE']);

  const later = await start([first, second], [fromFirst]);
  await requestReplay(database.db, { by: 'operator', causeCode: 'UNKNOWN_VERSION' });
  await expect.poll(() => later).toEqual([{ thingId: 'older', firstName: 'Ada', lastName: 'Lovelace', sentAs: 1 }]);
  await expect.poll(causes).toHaveLength(2);
});
