import { expect, onTestFinished, test } from 'vitest';
import { within } from '../src/index.ts';

/** Of this process, vitest's own included. */
const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test.each([
  ['a promise', () => Promise.resolve(7), () => Promise.reject(new Error('refused'))],
  [
    'at once',
    () => 7,
    () => {
      throw new Error('refused');
    },
  ],
])('work that ends in time, %s, ends as it does, and leaves no timer behind', async (_how, good, bad) => {
  const before = timers();
  expect(await within(600_000, good)).toBe(7);
  await expect(within(600_000, bad)).rejects.toThrow('refused');
  expect(timers()).toBe(before);
});

test('work that never ends is left at its limit with DEADLINE_EXCEEDED, and its signal says so', async () => {
  const signals: AbortSignal[] = [];
  const given = within(20, (signal) => {
    signals.push(signal);
    return new Promise(() => {});
  });
  const error = await given.catch((reason) => reason);
  expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', message: 'No answer within 20 ms.' });
  expect(signals.map(({ reason }) => reason)).toEqual([error]);
});

test('work that gives up when its signal aborts does not hide that it was late', async () => {
  const given = within(20, (signal) => {
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => reject(new Error('gave up')));
    return promise;
  });
  await expect(given).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
});

test('work that fails after its limit is no unhandled rejection', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const work = Promise.withResolvers<never>();
  await expect(within(1, () => work.promise)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  work.reject(new Error('too late'));
  // Node looks for unhandled rejections before it goes on to the next phase of the event loop.
  await new Promise(setImmediate);
  expect(unhandled).toEqual([]);
});
