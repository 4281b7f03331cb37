import { PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { append, listDeadLetters, requestReplay } from '../../src/index.ts';
import { topic } from '../_harness/outbox.ts';
import { type ConsumerWorld, startConsumerWorld } from './_world/consumer-world.ts';
import { exact } from './_world/effects.ts';
import { byForm, volume } from './_world/form.ts';
import { kafkaOfFile } from './_world/kafka-of-file.ts';

/** Replay is one letter after the other, which a busy machine makes long. */
const patient = { timeout: 120_000 };
const kafka = kafkaOfFile({ brokers: 1 });
const { perSecond, badKeys } = byForm({
  long: { perSecond: 150, badKeys: 20 },
  short: { perSecond: 100, badKeys: 6 },
});
const keyOf = (index: number) => `key-${index}`;
/** These events fail for want of a dependency. */
const failing = Array.from({ length: badKeys }, (_, index) => `${keyOf(index)}:3`);
/** The next event of each of these is of a version that only the next build knows. */
const ahead = Array.from({ length: badKeys }, (_, index) => keyOf(badKeys + index));
const newerVersion = 2;

test('dead letters are replayed one, by cause and all, twice over, by two processes of which one is killed, while events go on: each has its effect once, in the order of its key', {
  timeout: 600_000,
}, async (context) => {
  const world = await startConsumerWorld(context, { kafka });
  const { consumerDb: db } = world;
  const child = { failing: { 'what is missing': failing }, limits: { backoff: { firstMs: 1, maxMs: 5 } } };
  world.relay();
  const consumers = [world.consumer(child), world.consumer(child)];
  await world.write({ events: volume.events / 2 }).done;
  for (const key of ahead) await writeAhead(world, key);
  const writing = world.write({ events: undefined, perSecond, writers: 4 });
  const unresolved = (cause: string) => countEvents(world, `resolved_at is null and cause_code = '${cause}'`);
  await expect.poll(() => unresolved('FAILED'), patient).toBe(badKeys);
  await expect.poll(() => unresolved('UNKNOWN_VERSION'), patient).toBe(badKeys);
  const again = await sendAgain(world);

  // One, before what it needs is there: it fails again. Twice, afterwards.
  const { letters } = await listDeadLetters(db, { causeCode: 'FAILED', first: 1 });
  const [one = { id: '' }] = letters;
  await requestReplay(db, { by: 'early', id: one.id });
  await expect.poll(() => auditOf(world, 'early', 'failed'), patient).toBe(1);
  await world.consumerPool.query(`insert into mended values ('what is missing')`);
  const twice = await Promise.allSettled([1, 2].map(() => requestReplay(db, { by: 'one', id: one.id })));
  // The second may find it replayed already.
  for (const outcome of twice.filter(({ status }) => status === 'rejected'))
    expect(outcome).toMatchObject({ reason: { code: 'CONFLICT' } });
  expect(twice.map(({ status }) => status)).toContain('fulfilled');
  await expect.poll(() => unresolved('FAILED'), patient).toBe(badKeys - 1);

  for (let time = 0; time < 2; time += 1) await requestReplay(db, { by: `cause ${time}`, causeCode: 'FAILED' });
  await expect.poll(() => unresolved('FAILED'), patient).toBe(0);
  expect(await unresolved('UNKNOWN_VERSION')).toBe(badKeys);

  // The next build is deployed; one of its processes is killed while it replays.
  await Promise.all(consumers.map((consumer) => consumer.end('SIGTERM')));
  const deployed = [1, 2].map(() => world.consumer({ ...child, alsoVersions: [newerVersion] }));
  await Promise.all([0, 1].map((time) => requestReplay(db, { by: `all ${time}`, all: true })));
  await expect.poll(() => auditOf(world, 'all', 'replayed'), { ...patient, interval: 5 }).toBeGreaterThan(0);
  await deployed[0]?.end('SIGKILL');
  await expect.poll(() => countEvents(world, 'resolved_at is null'), patient).toBe(0);
  await writing.stop();
  const seconds = await world.caughtUp(120_000);

  const effects = await world.effects();
  const settled = await settledLetters(world);
  world.report('R12 replay', { ...effects, ...settled, 'sent again': again, 's to catch up': seconds });
  expect(effects).toMatchObject(exact);
  expect(settled).toMatchObject({ 'replayed twice': 0, 'not audited': 0, 'still parked': 0 });
  // An event that was sent again while it waited is settled twice, and has its effect once.
  expect(settled.duplicates).toBeGreaterThan(0);
});

/** A change whose event has the newer version. */
async function writeAhead({ db }: ConsumerWorld, key: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ changes: number }>`
      insert into aggregates values (${key}, 1)
      on conflict (key) do update set changes = aggregates.changes + 1 returning changes`.execute(tx);
    const message = { postId: key, authorId: String(rows[0]?.changes) };
    const origin = { correlationId: 'ahead', traceparent: '' };
    await append(tx, PostCreatedSchema, { aggregateId: key, message, origin });
    await sql`
      update outbox_events set version = ${newerVersion} where key = ${key} and correlation_id = 'ahead'`.execute(tx);
  });
}

/** Appends what waits among the letters to the topic once more; returns how many records that are. */
async function sendAgain({ consumerPool, log }: ConsumerWorld): Promise<number> {
  const { rows } = await consumerPool.query<{ key: string; value: Buffer; headers: Record<string, string> }>(
    'select key, value, headers from dead_letters order by sequence',
  );
  const producer = await log.openProducer();
  await producer.send(rows.map((row) => ({ topic, ...row })));
  await producer.stop();
  return rows.length;
}

/** An event that was sent again may have several letters. */
async function countEvents({ consumerPool }: ConsumerWorld, condition: string): Promise<number> {
  const { rows } = await consumerPool.query<{ count: number }>(
    `select count(distinct event_id)::int as count from dead_letters where ${condition}`,
  );
  return rows[0]?.count ?? -1;
}

async function auditOf({ consumerPool }: ConsumerWorld, who: string, outcome: string): Promise<number> {
  const { rows } = await consumerPool.query<{ count: number }>(
    `select count(*)::int as count from dead_letter_audit where what = 'replay' and who like $1 and outcome = $2`,
    [`${who}%`, outcome],
  );
  return rows[0]?.count ?? -1;
}

/** What the letters and their audit add up to. */
async function settledLetters({ consumerPool }: ConsumerWorld): Promise<Record<string, number>> {
  const { rows } = await consumerPool.query<Record<string, number>>(`
    with settled as (
      select l.id, l.event_id, count(a.id) filter (where a.outcome = 'replayed') as replayed,
        count(a.id) filter (where a.outcome in ('replayed', 'duplicate')) as outcomes
      from dead_letters l left join dead_letter_audit a on a.dead_letter_id = l.id and a.what = 'replay'
      group by l.id
    )
    select count(*)::int as letters, sum(replayed)::int as replayed, sum(outcomes - replayed)::int as duplicates,
      count(*) filter (where outcomes <> 1)::int as "not audited",
      (select count(*)::int from (select from settled group by event_id having sum(replayed) > 1)) as "replayed twice",
      (select count(*)::int from parked_keys) as "still parked",
      (select count(*)::int from dead_letter_audit where what = 'request') as "requests audited"
    from settled`);
  return rows[0] ?? {};
}
