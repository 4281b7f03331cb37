import { defaultLimits } from '@nova/federation';
import type { OperationFacts } from '../operations/operation-facts.ts';

export type PlanFigures = OperationFacts & {
  readonly type: string;
  /** By subgraph: `user 2, content 1`. */
  readonly calls: string;
};

/** What an operation takes of what the gateway allows by default, as lines for people. */
export function figureLines(figures: PlanFigures): string[] {
  const { fetches, waves, calls, cost, costliestPath, depth } = figures;
  const limits = [
    { name: 'fetches', figure: fetches, most: defaultLimits.maxFetches, note: calls },
    { name: 'waves', figure: waves, most: defaultLimits.maxWaves, note: '' },
    {
      name: 'cost',
      figure: cost,
      most: defaultLimits.maxComplexity,
      note: costliestPath && `most at ${costliestPath}`,
    },
    { name: 'depth', figure: depth, most: defaultLimits.maxDepth, note: '' },
  ];
  const over = limits.filter(({ figure, most }) => figure > most).map(({ name }) => name);
  return [
    ...limits.map(({ name, figure, most, note }) =>
      `${name.padEnd(8)}${figure} of ${most}${note && ` (${note})`}`.trimEnd(),
    ),
    `kept    ${lifetime(figures)}`,
    ...(over.length > 0 ? [`The gateway refuses it by default: over the limit of ${over.join(', ')}.`] : []),
  ];
}

function lifetime({ type, cacheability: { maxAgeSeconds, scope, decidedBy } }: PlanFigures): string {
  if (type !== 'query') return 'no';
  return `${maxAgeSeconds === 0 ? 'no' : `${scope}, ${maxAgeSeconds} s`} (decided by ${decidedBy})`;
}
