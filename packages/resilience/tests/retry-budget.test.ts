import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRetryBudget } from '../src/index.ts';

test('whatever comes in which order, of any calls in a row no more are retried than the share and the burst', () => {
  // Calls and retries, each so many times in a row.
  const run = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 100 }));
  const steps = fc
    .array(run, { maxLength: 20, size: 'max' })
    .map((runs) => runs.flatMap(([isCall, times]) => Array.from({ length: times }, () => isCall)));
  const share = fc.record({ percent: fc.integer({ min: 1, max: 50 }), burst: fc.integer({ min: 1, max: 20 }) });
  fc.assert(
    fc.property(share, steps, fc.nat(), ({ percent, burst }, steps, from) => {
      const budget = createRetryBudget({ percent, burst });
      let calls = 0;
      let retries = 0;
      const start = from % (steps.length + 1);
      for (const [at, isCall] of steps.entries()) {
        if (at === start) [calls, retries] = [0, 0];
        if (isCall) {
          budget.noteCall();
          calls += 1;
        } else if (budget.take()) retries += 1;
        expect(retries).toBeLessThanOrEqual(burst + (calls * percent) / 100);
      }
    }),
  );
});

test('when every call asks for a retry, the share of them is given', () => {
  const budget = createRetryBudget({ percent: 10, burst: 5 });
  let retries = 0;
  for (let call = 0; call < 1_000; call += 1) {
    budget.noteCall();
    if (budget.take()) retries += 1;
  }
  expect(retries).toBe(104);
});
