import { clientName } from '@nova/federation';
import { entityCount } from './chunk-entities.ts';
import type { FanoutScope } from './fanout-context.ts';
import type { CallSubgraph, SubgraphRequest } from './subgraph-call.ts';

/** One fetch of entities, about to be made. */
export type AskedEntities = {
  readonly subgraph: string;
  readonly count: number;
  /** Of all fetches of the operation so far, this one with them. */
  readonly total: number;
  /** Where in the answer most of them stand, by response names. */
  readonly path: string;
};

/** Says before each fetch how many entities it asks for; `limitEntities` throws to refuse it. */
export function countEntities(
  call: CallSubgraph,
  options: {
    events: { asked(entities: AskedEntities): void };
    limitEntities(asked: AskedEntities, scope: FanoutScope): void;
  },
): CallSubgraph {
  return async (subgraph, request, scope) => {
    const count = entityCount(request);
    if (count > 0) {
      scope.stats.entities += count;
      const asked = { subgraph, count, total: scope.stats.entities, path: mostAt(request) };
      options.events.asked(asked);
      options.limitEntities(asked, scope);
    }
    return call(subgraph, request, scope);
  };
}

function mostAt({ entities = [], variables }: SubgraphRequest): string {
  const sizeOf = (variable: string) => (variables[variable] as unknown[]).length;
  const largest = entities.reduce((one, other) => (sizeOf(other.variable) > sizeOf(one.variable) ? other : one));
  return largest.path
    .filter((step) => step !== '@')
    .map(clientName)
    .join('.');
}
