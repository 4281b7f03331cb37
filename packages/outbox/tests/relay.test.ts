import { afterEach, beforeEach, expect, test } from 'vitest';
import { flawless, judge, readPublished } from './_harness/judge.ts';
import { change, createOutbox, type TestOutbox } from './_harness/outbox.ts';

let outbox: TestOutbox;
beforeEach(async () => {
  outbox = await createOutbox();
});
afterEach(() => outbox.drop());

const verdict = async () => judge(await outbox.committed(), await readPublished(outbox.openLog()));

test('what was committed before and after the relay started is published once and leaves the outbox', async () => {
  await outbox.commit(['a', 'b', 'a']);
  outbox.startRelay();
  await outbox.commit(['b', 'c']);
  await expect.poll(outbox.waiting).toBe(0);
  expect(await verdict()).toEqual(flawless);
  expect((await outbox.committed()).size).toBe(3);
});

test('an event that commits after a later one is published; one rolled back is not; an open transaction delays no other key', async () => {
  outbox.startRelay();
  const [early, rolledBack, late] = await Promise.all([
    outbox.pool.connect(),
    outbox.pool.connect(),
    outbox.pool.connect(),
  ]);
  try {
    for (const client of [early, rolledBack, late]) await client.query('begin');
    await change(early, 'early');
    await change(rolledBack, 'rolled back');
    await change(late, 'late');
    const startedAt = performance.now();
    await late.query('commit');
    await expect.poll(outbox.waiting, { interval: 10 }).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await rolledBack.query('rollback');
    await early.query('commit');
    await expect.poll(outbox.waiting).toBe(0);
  } finally {
    for (const client of [early, rolledBack, late]) client.release();
  }
  expect(await readPublished(outbox.openLog())).toHaveLength(2);
  expect(await verdict()).toEqual(flawless);
});

test('events of one key from 50 transactions at once are published in the order of their commits', async () => {
  outbox.startRelay({ limits: { batchRows: 7 } });
  await Promise.all(Array.from({ length: 50 }, () => outbox.commit(['hot', 'hot', 'hot'])));
  await expect.poll(outbox.waiting).toBe(0);
  const published = await readPublished(outbox.openLog());
  expect(published.map(({ change: number }) => number)).toEqual(Array.from({ length: 150 }, (_, index) => index + 1));
});
