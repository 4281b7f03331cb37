import { type Bulkhead, createBulkhead } from '@nova/resilience';
import { strictestCacheControl } from './cache-policy.ts';
import type { SubgraphAnswer } from './subgraph-answer.ts';
import type { CallSubgraph, EntityList, SubgraphRequest } from './subgraph-call.ts';

/** Chunks of one fetch that travel at the same time. */
const maxTravelling = 4;

/** A part of the representations of each list. */
type Chunk = { readonly request: SubgraphRequest; readonly slices: readonly Slice[] };
type Slice = { readonly alias: string; readonly from: number; readonly count: number };
type Outcome = PromiseSettledResult<SubgraphAnswer>;
type AnswerError = NonNullable<SubgraphAnswer['errors']>[number];

/** Has a fetch of more than `maxEntities` travel in several requests, and makes one answer of theirs. One that fails costs its own entities. */
export function chunkEntities(call: CallSubgraph, { maxEntities }: { maxEntities: number }): CallSubgraph {
  return async (subgraph, request, scope) => {
    if (entityCount(request) <= maxEntities) return call(subgraph, request, scope);
    const chunks = chunksOf(request, maxEntities);
    const places: Bulkhead = createBulkhead({ name: subgraph, maxRunning: maxTravelling, maxQueued: chunks.length });
    const travel = (chunk: Chunk) =>
      places.run(async () => complete(await call(subgraph, chunk.request, scope), chunk), scope.deadline.signal);
    const outcomes = await Promise.allSettled(chunks.map(travel));
    const [first] = outcomes;
    if (first?.status === 'rejected' && outcomes.every(({ status }) => status === 'rejected')) throw first.reason;
    return joined(request.entities ?? [], chunks, outcomes);
  };
}

/** Representations of all lists of a request. */
export function entityCount({ entities = [], variables }: SubgraphRequest): number {
  return entities.reduce((count, { variable }) => count + representationsOf(variables, variable).length, 0);
}

function representationsOf(variables: SubgraphRequest['variables'], name: string): readonly unknown[] {
  const value = variables[name];
  return Array.isArray(value) ? value : [];
}

/** Every chunk but the last is full; its text is the request's, so that subgraphs know it. */
function chunksOf(request: SubgraphRequest, maxEntities: number): Chunk[] {
  const { entities = [], variables } = request;
  const chunks: Chunk[] = [];
  for (let start = 0; start < entityCount(request); start += maxEntities) {
    const own = { ...variables };
    let before = 0;
    const slices = entities.map(({ alias, variable }) => {
      const all = representationsOf(variables, variable);
      const from = Math.min(Math.max(start - before, 0), all.length);
      const until = Math.min(Math.max(start + maxEntities - before, 0), all.length);
      before += all.length;
      own[variable] = all.slice(from, until);
      return { alias, from, count: until - from };
    });
    chunks.push({ request: { ...request, variables: own }, slices });
  }
  return chunks;
}

/** Throws when entities are missing: those of the next chunk would take their places. */
function complete(answer: SubgraphAnswer, { slices }: Chunk): SubgraphAnswer {
  for (const { alias, count } of slices) {
    const received = answer.data?.[alias];
    if (received === null || received === undefined) continue;
    if (!Array.isArray(received) || received.length !== count)
      throw new Error(
        `A subgraph answered ${count} entities with ${Array.isArray(received) ? received.length : 'none'}.`,
      );
  }
  return answer;
}

function joined(lists: readonly EntityList[], chunks: readonly Chunk[], outcomes: readonly Outcome[]): SubgraphAnswer {
  const answers = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : undefined));
  const data = Object.fromEntries(
    lists.map(({ alias }, list) => [
      alias,
      chunks.flatMap(({ slices }, at) => answers[at]?.data?.[alias] ?? Array(slices[list]?.count ?? 0).fill(null)),
    ]),
  );
  const errors = chunks.flatMap((chunk, at) => errorsOf(chunk, outcomes[at] as Outcome));
  const cacheControl = strictestCacheControl(answers.map((answer) => answer?.cacheControl));
  return { data, ...(errors.length > 0 && { errors }), cacheControl };
}

/** With paths in the whole answer. */
function errorsOf({ slices }: Chunk, outcome: Outcome): AnswerError[] {
  if (outcome.status === 'rejected') {
    const failure: unknown = outcome.reason;
    const message = failure instanceof Error ? failure.message : String(failure);
    return slices
      .filter(({ count }) => count > 0)
      .map(({ alias, from, count }) => ({ message, path: count === 1 ? [alias, from] : [alias], failure }));
  }
  return (outcome.value.errors ?? []).map((error) => {
    const [alias, place, ...inside] = error.path ?? [];
    const slice = slices.find((known) => known.alias === alias);
    return slice && typeof place === 'number'
      ? { ...error, path: [slice.alias, slice.from + place, ...inside] }
      : error;
  });
}
