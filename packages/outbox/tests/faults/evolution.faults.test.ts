import { create, type DescMessage } from '@bufbuild/protobuf';
import { createEventCatalogue, on, upcast } from '@nova/events';
import { createLogger } from '@nova/runtime';
import { sql } from 'kysely';
import { expect, type TestContext, test } from 'vitest';
import { append, type HandlerContext, startConsumer } from '../../src/index.ts';
import { eventMessage, renamed, schemas, textsOf } from '../_harness/event-schemas.ts';
import { topic } from '../_harness/outbox.ts';
import { type ConsumerWorld, group, startConsumerWorld } from './_world/consumer-world.ts';
import { countEffect, exact } from './_world/effects.ts';
import { volume } from './_world/form.ts';
import { kafkaOfFile } from './_world/kafka-of-file.ts';

const kafka = kafkaOfFile({ brokers: 1 });
const timeout = 300_000;
const silent = createLogger({ service: 'test', level: 'silent' });

const [first, second] = schemas(
  eventMessage('Renamed', 1, ['key', 'number']),
  eventMessage('RenamedV2', 2, ['number', 'key']),
) as [DescMessage, DescMessage];
/** As a build writes it that is newer than the consumer. */
const [newer, third] = schemas(
  eventMessage('RenamedV2', 2, ['number', 'key', 'added_later']),
  eventMessage('RenamedV3', 3, ['both']),
) as [DescMessage, DescMessage];

const fromFirst = upcast(first, second, (old) => textsOf(first, old));

test(
  'events that older and newer builds wrote reach the handler in order; what nobody here can know is set aside once, and all other keys go on',
  {
    timeout,
  },
  (context) => evolve(context, { kafka }),
);

test('the same holds of the event log in PostgreSQL', { timeout }, (context) => evolve(context, {}));

async function evolve(context: TestContext, options: Parameters<typeof startConsumerWorld>[1]): Promise<void> {
  const world = await startConsumerWorld(context, options);
  const keys = Array.from({ length: volume.keys }, (_, index) => `key-${index}`);
  const perKey = Math.floor(volume.events / volume.keys / 3);
  // The old build wrote these and no relay was there; then the new one was deployed.
  for (const key of keys) await write(world, { key, schema: first, events: perKey });
  const seen = { handled: 0, setAside: 0, troubles: 0 };
  const handler = on(
    second,
    async ({ message }, { tx }: HandlerContext<unknown>) => {
      const { key = '', number } = textsOf(second, message);
      await countEffect(tx, group, { key, number: Number(number) });
    },
    [fromFirst],
  );
  const consumer = await startConsumer({
    db: world.consumerDb,
    log: world.log,
    group,
    handlers: [handler],
    catalogue: createEventCatalogue([first, second]),
    logger: silent,
    observer: {
      onRecord({ result }) {
        if (result === 'handled') seen.handled += 1;
        if (result === 'dead_lettered') seen.setAside += 1;
      },
      onRetry() {
        seen.troubles += 1;
      },
    },
  });
  context.onTestFinished(() => consumer.stop());
  world.relay();
  for (const key of keys) {
    await write(world, { key, schema: second, events: perKey });
    await write(world, { key, schema: newer, events: perKey });
  }
  await write(world, { key: 'ahead', schema: third, events: 3 });
  await writeStranger(world, 'stranger');
  await world.caughtUp(120_000);
  const aside = ['ahead:1', 'ahead:2', 'ahead:3'];
  const effects = await world.effects({ givenUp: aside });
  world.report('R17 evolution', { ...effects, 'set aside': seen.setAside, retries: seen.troubles });
  expect(effects).toMatchObject(exact);
  expect(seen).toEqual({ handled: 3 * perKey * volume.keys, setAside: 4, troubles: 0 });
  const { rows } = await world.consumerPool.query(
    'select key, cause_code as cause, tries from dead_letters order by key, sequence',
  );
  expect(rows).toEqual([
    { key: 'ahead', cause: 'UNKNOWN_VERSION', tries: 1 },
    { key: 'ahead', cause: 'UNKNOWN_VERSION', tries: 1 },
    { key: 'ahead', cause: 'UNKNOWN_VERSION', tries: 1 },
    { key: 'stranger', cause: 'UNKNOWN_TYPE', tries: 1 },
  ]);
}

type Written = { readonly key: string; readonly schema: DescMessage; readonly events: number };

/** All in one transaction, with the fields that the schema has. */
async function write({ db }: ConsumerWorld, { key, schema, events }: Written): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ changes: number }>`
      insert into aggregates values (${key}, ${events})
      on conflict (key) do update set changes = aggregates.changes + ${events} returning changes`.execute(tx);
    const last = rows[0]?.changes ?? 0;
    for (let number = last - events + 1; number <= last; number += 1) {
      const texts = { key, number: String(number), addedLater: 'unheard of', both: `${key}:${number}` };
      const known = Object.fromEntries(
        schema.fields.map(({ localName }) => [localName, texts[localName as keyof typeof texts]]),
      );
      await append(tx, schema, { aggregateId: key, message: Object.assign(create(schema), known), origin });
    }
  });
}

async function writeStranger({ pool }: ConsumerWorld, key: string): Promise<void> {
  await pool.query(
    `insert into outbox_events (shard, topic, key, type, version, payload, correlation_id, traceparent)
     values (0, $1, $2, $3, 1, '', '', '')`,
    [topic, key, `${renamed}_by_whom`],
  );
}

const origin = { correlationId: 'faults', traceparent: '' };
