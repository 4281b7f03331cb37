import type { SubgraphAnswer } from '../subgraph-answer.ts';
import { bodyOf, type CallSubgraph } from '../subgraph-call.ts';
import { copyAnswer } from './copy-answer.ts';
import { createFlights } from './flights.ts';
import { viewerKey, writerOf } from './viewer-key.ts';
import type { WriteClock } from './write-clock.ts';

/**
 * Has one request travel for all of the same viewer who ask a subgraph for the same at the same time, in queries. A mutation
 * travels by itself, and what was asked before it ended is not joined by its user any more.
 */
export function shareFetches(
  call: CallSubgraph,
  options: { timeoutMs: number; clock: WriteClock; shared(what: 'fetch'): void },
): CallSubgraph {
  const { timeoutMs: fullTimeMs, clock, shared } = options;
  const flights = createFlights<SubgraphAnswer>({ fullTimeMs, clock, copy: copyAnswer });
  return async (subgraph, request, scope) => {
    const { deadline, viewer, operation, stats } = scope;
    const writer = writerOf(viewer.identity);
    if (request.kind === 'mutation') return call(subgraph, request, scope).finally(() => clock.wrote(writer));
    if (operation.kind !== 'query') return call(subgraph, request, scope);
    const body = bodyOf(request);
    const key = `${subgraph}\n${viewerKey(viewer.identity)}\n${request.generation ?? ''}\n${body}`;
    const { joined, landed } = flights.board(key, { writer, deadline }, (shared) =>
      call(subgraph, { ...request, body }, { ...scope, deadline: shared }),
    );
    if (joined) {
      stats.shared += 1;
      shared('fetch');
    }
    return landed;
  };
}
