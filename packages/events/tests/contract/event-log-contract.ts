import { describe, type TestContext, test } from 'vitest';
import { appendLaws } from './append-laws.ts';
import { deliveryLaws } from './delivery-laws.ts';
import { groupLaws } from './group-laws.ts';
import type { LogEngine } from './log-engine.ts';

/**
 * What every `EventLog` promises, whatever it is made of. `engineFor` skips the test when the engine is not on this
 * machine; `runs` is how often each property is tried.
 */
export function eventLogContract(
  engineFor: (context: TestContext) => Promise<LogEngine>,
  options: { runs: number },
): void {
  for (const [subject, laws] of Object.entries({ appending: appendLaws, delivery: deliveryLaws, groups: groupLaws })) {
    describe(subject, () => {
      for (const [title, law] of Object.entries(laws))
        test(title, { timeout: 120_000 }, async (context) => law(await engineFor(context), options));
    });
  }
}
