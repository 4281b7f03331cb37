import { AppError } from '@nova/errors';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBulkhead } from '../src/index.ts';

/** Work that goes on until it is told to end. */
function openWork() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: () => promise, end: resolve };
}

test('work beyond the places waits in the order of arrival, and a newcomer does not overtake it', async () => {
  const bulkhead = createBulkhead({ name: 'a test', maxRunning: 1, maxQueued: 10 });
  const order: string[] = [];
  const first = openWork();
  const running = bulkhead.run(first.work);
  const waiting = ['a', 'b', 'c'].map((name) => bulkhead.run(async () => void order.push(name)));
  expect(bulkhead).toMatchObject({ running: 1, queued: 3 });
  const newcomer = running.then(() => bulkhead.run(async () => void order.push('newcomer')));
  first.end();
  await Promise.all([...waiting, newcomer]);
  expect(order).toEqual(['a', 'b', 'c', 'newcomer']);
  expect(bulkhead).toMatchObject({ running: 0, queued: 0 });
});

test('work beyond the queue is refused at once with OVERLOADED', async () => {
  const bulkhead = createBulkhead({ name: 'a test', maxRunning: 1, maxQueued: 1 });
  const { work, end } = openWork();
  const accepted = [bulkhead.run(work), bulkhead.run(work)];
  await expect(bulkhead.run(work)).rejects.toMatchObject({ code: 'OVERLOADED' });
  end();
  await Promise.all(accepted);
  await bulkhead.run(work);
});

test('who goes away while waiting leaves the queue, and his work never runs', async () => {
  const bulkhead = createBulkhead({ name: 'a test', maxRunning: 1, maxQueued: 1 });
  const { work, end } = openWork();
  const running = bulkhead.run(work);
  const caller = new AbortController();
  let ran = false;
  const waiting = bulkhead.run(async () => {
    ran = true;
  }, caller.signal);
  const reason = new AppError('DEADLINE_EXCEEDED', 'Too late.');
  caller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  expect(bulkhead.queued).toBe(0);
  await expect(bulkhead.run(work, caller.signal)).rejects.toBe(reason);
  end();
  await running;
  expect(ran).toBe(false);
  expect(bulkhead.running).toBe(0);
});

test('whatever comes, fails and goes away, never more runs than there are places, and all places come back', async () => {
  const step = fc.constantFrom('run', 'fail', 'abort', 'finish');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), async (steps, maxRunning) => {
      const bulkhead = createBulkhead({ name: 'a test', maxRunning, maxQueued: 3 });
      const finishers: (() => void)[] = [];
      const callers: AbortController[] = [];
      let running = 0;
      let mostRunning = 0;
      const outcomes = [];
      for (const action of steps) {
        if (action === 'finish') finishers.shift()?.();
        else if (action === 'abort') callers.shift()?.abort(new Error('gone'));
        else {
          const caller = new AbortController();
          callers.push(caller);
          const work = async () => {
            running += 1;
            mostRunning = Math.max(mostRunning, running);
            await new Promise<void>((resolve) => finishers.push(resolve));
            running -= 1;
            if (action === 'fail') throw new Error('failed');
          };
          outcomes.push(bulkhead.run(work, caller.signal).catch(() => undefined));
        }
        await Promise.resolve();
      }
      const all = Promise.all(outcomes);
      let done = false;
      void all.then(() => {
        done = true;
      });
      while (!done) {
        finishers.shift()?.();
        await Promise.resolve();
      }
      expect(mostRunning).toBeLessThanOrEqual(maxRunning);
      expect(bulkhead).toMatchObject({ running: 0, queued: 0 });
    }),
  );
});
