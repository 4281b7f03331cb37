import { type Planned, planExtent } from '@nova/federation';
import { type Excess, excessOf } from './limits.ts';

export type PlanBudget = { readonly maxFetches: number; readonly maxWaves: number };

/** What a plan has too much of: how far an operation fans out is known before the first call. */
export function planExcesses({ plan, summary }: Pick<Planned, 'plan' | 'summary'>, budget: PlanBudget): Excess[] {
  const why = () => {
    const { calls, deepestPath } = planExtent(plan);
    return {
      sentence: ` They are ${calls}; the longest way leads to ${deepestPath || 'the root'}.`,
      details: { calls, costliestPath: deepestPath },
    };
  };
  return [
    excessOf('fetches', [summary.fetches, budget.maxFetches], why),
    excessOf('waves', [summary.waves, budget.maxWaves], why),
  ].filter((excess) => excess !== undefined);
}
