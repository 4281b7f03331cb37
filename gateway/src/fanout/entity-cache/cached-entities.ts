import type { AppError } from '@nova/errors';
import type { SubgraphAnswer } from '../subgraph-answer.ts';
import type { SubgraphRequest } from '../subgraph-call.ts';
import type { Fetched, Found } from './entry-store.ts';
import { cacheControlOf, isAway, isFresh, type Looked, publicMaxAge } from './looked.ts';
import type { EntityLookup } from './lookup.ts';

/** A list of entities with what was found for each. */
type List = { readonly lookup: EntityLookup; readonly found: readonly Found[]; readonly missing: readonly number[] };

/** Asks for the entities that are not kept, and puts all together in the order of the representations. */
export async function callForEntities(
  request: SubgraphRequest,
  lookups: readonly EntityLookup[],
  looked: Looked,
): Promise<SubgraphAnswer> {
  const lists = listsOf(lookups, looked.found);
  const missing = lists.reduce((sum, list) => sum + list.missing.length, 0);
  looked.tell('hit', looked.found.length - missing);
  looked.tell('miss', missing);
  if (missing === 0) return together(lists);
  let answer: SubgraphAnswer;
  try {
    answer = await looked.call(missing === looked.found.length ? request : narrowed(request, lists));
  } catch (error) {
    return withoutService(lists, { error, tell: looked.tell });
  }
  const maxAge = publicMaxAge(answer);
  if (maxAge !== undefined)
    looked.keep(
      lists.flatMap((list) => fetchedIn(list, answer)),
      maxAge,
    );
  return missing === looked.found.length ? answer : together(lists, answer);
}

function listsOf(lookups: readonly EntityLookup[], found: readonly Found[]): List[] {
  let at = 0;
  return lookups.map((lookup) => {
    const own = found.slice(at, at + lookup.items.length);
    at += own.length;
    return { lookup, found: own, missing: own.flatMap((each, place) => (isFresh(each) ? [] : [place])) };
  });
}

function narrowed(request: SubgraphRequest, lists: readonly List[]): SubgraphRequest {
  const variables = { ...request.variables };
  for (const { lookup, missing } of lists)
    variables[lookup.list.variable] = missing.map((place) => lookup.representations[place]);
  return { ...request, variables };
}

/** What of an answer can be kept: an entity that is null may come into being without an event that names it. */
function fetchedIn({ lookup, found, missing }: List, { data }: SubgraphAnswer): Fetched[] {
  const received = data?.[lookup.list.alias];
  if (!Array.isArray(received) || received.length !== missing.length) return [];
  return missing.flatMap((place, at) => {
    const entity: unknown = received[at];
    if (typeof entity !== 'object' || entity === null) return [];
    return [{ place: found[place]?.place, json: JSON.stringify(entity) }];
  });
}

/** Throws when the subgraph did not answer as many entities as it was asked for. */
function together(lists: readonly List[], answer?: SubgraphAnswer): SubgraphAnswer {
  const data: Record<string, unknown> = {};
  for (const { lookup, found, missing } of lists) {
    const entities: unknown[] = found.map((each) => (isFresh(each) ? JSON.parse(each.json as string) : null));
    const received = answer?.data?.[lookup.list.alias];
    if (received !== undefined && received !== null) {
      if (!Array.isArray(received) || received.length !== missing.length)
        throw new Error(`A subgraph answered ${missing.length} entities with another number.`);
      for (const [at, place] of missing.entries()) entities[place] = received[at];
    }
    data[lookup.list.alias] = entities;
  }
  const fresh = lists.flatMap(({ found }) => found.filter(isFresh));
  const cacheControl = cacheControlOf(
    fresh.map(({ remainingSeconds }) => remainingSeconds),
    answer,
  );
  const errors = answer?.errors?.map((error) => ({ ...error, path: error.path && placed(error.path, lists) }));
  return { data, cacheControl, ...(errors && { errors }) };
}

/** The place in what was asked for, of a place in what was sent. */
function placed(
  [alias, place, ...inside]: ReadonlyArray<string | number>,
  lists: readonly List[],
): Array<string | number> {
  const list = lists.find(({ lookup }) => lookup.list.alias === alias);
  const own = typeof place === 'number' ? list?.missing[place] : undefined;
  return [alias, own ?? place, ...inside].filter((step) => step !== undefined);
}

/** What is kept stands in, too old or not; what is not costs its own places. Throws when there is nothing. */
function withoutService(
  lists: readonly List[],
  { error, tell }: { readonly error: unknown; readonly tell: Looked['tell'] },
): SubgraphAnswer {
  const known = lists.flatMap(({ found }) => found.filter(({ json }) => json !== undefined));
  if (known.length === 0 || !isAway(error)) throw error;
  tell('stale', known.filter((each) => !isFresh(each)).length);
  const data: Record<string, unknown> = {};
  for (const { lookup, found } of lists)
    data[lookup.list.alias] = found.map(({ json }) => (json === undefined ? null : JSON.parse(json)));
  const errors = lists.flatMap((list) => failuresOf(list, error as AppError));
  return { data, cacheControl: cacheControlOf([0]), ...(errors.length > 0 && { errors }) };
}

function failuresOf(
  { lookup, found }: List,
  { message, code, details }: AppError,
): NonNullable<SubgraphAnswer['errors']> {
  return found.flatMap(({ json }, place) =>
    json === undefined ? [{ message, path: [lookup.list.alias, place], extensions: { ...details, code } }] : [],
  );
}
