import type { SubgraphAnswer } from '../subgraph-answer.ts';
import type { SubgraphRequest } from '../subgraph-call.ts';
import type { Found } from './entry-store.ts';
import { cacheControlOf, isAway, isFresh, type Looked, publicMaxAge } from './looked.ts';

/** Root fields are kept as a whole. */
export async function callForRoot(request: SubgraphRequest, looked: Looked): Promise<SubgraphAnswer> {
  const { found, call, keep, tell } = looked;
  const entry = found[0] as Found;
  if (isFresh(entry)) {
    tell('hit', 1);
    return answerOf(entry);
  }
  tell('miss', 1);
  try {
    const answer = await call(request);
    const maxAge = publicMaxAge(answer);
    if (maxAge !== undefined) keep([{ place: entry.place, json: JSON.stringify(answer.data) }], maxAge);
    return answer;
  } catch (error) {
    if (entry.json === undefined || !isAway(error)) throw error;
    tell('stale', 1);
    return answerOf(entry);
  }
}

function answerOf({ json, remainingSeconds }: Found): SubgraphAnswer {
  return { data: JSON.parse(json as string), cacheControl: cacheControlOf([remainingSeconds]) };
}
