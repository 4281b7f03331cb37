import type { SubgraphAnswer } from '../subgraph-answer.ts';
import type { CompiledPlan, EntityFetch, EntityPart, PlannedRequest, RootFetch } from './compile-plan.ts';
import { entitiesAt, type PlanPath, placesAt, type ResponsePath } from './entities-at.ts';
import { mergeInto } from './merge.ts';
import { type Entity, type IsOfType, isEntity, setOwn } from './types-of-data.ts';

/** An error that a subgraph told, with its place in the whole answer. */
export type SubgraphError = NonNullable<SubgraphAnswer['errors']>[number];

export type PlanRun = {
  /** Sends one request; rejects when no answer came. */
  readonly send: (fetch: RootFetch | EntityFetch, variables: Entity) => Promise<SubgraphAnswer>;
  readonly variables: Readonly<Record<string, unknown>>;
  /** What @skip and @include look at, defaults included. */
  readonly conditions: Readonly<Record<string, unknown>>;
  readonly told: (subgraph: string, error: SubgraphError) => void;
  /** A request that brought no answer, where its fields would be, if that is one place. */
  readonly failed: (error: unknown, path: ResponsePath | undefined) => void;
};

/** What all subgraphs answered so far, as one. */
export type Merged = {
  readonly data: Entity;
  /** An entity asked for once stands at all its places as one object. */
  readonly shared: Set<unknown>;
};

/** Every request goes out as soon as those it waits for are answered; a fetch that fails costs its own fields. */
export async function runPlan(plan: CompiledPlan, run: PlanRun): Promise<Merged> {
  const merged: Merged = { data: {}, shared: new Set() };
  const answered: Promise<void>[] = [];
  for (const request of plan) {
    const send = () =>
      request.kind === 'root' ? fetchRoot(request, merged, run) : fetchEntities(request, merged, run);
    const [first, ...others] = request.after.map((at) => answered[at] as Promise<void>);
    answered.push(first ? (others.length === 0 ? first : Promise.all([first, ...others])).then(send) : send());
  }
  await Promise.all(answered);
  return merged;
}

function isWanted(conditions: RootFetch['conditions'], { conditions: values }: PlanRun): boolean {
  return conditions.every(({ variable, isTrue }) => (values[variable] === true) === isTrue);
}

async function fetchRoot(node: RootFetch, { data, shared }: Merged, run: PlanRun): Promise<void> {
  const targets = isWanted(node.conditions, run) ? entitiesAt(data, node.path, shared) : [];
  if (targets.length === 0) return;
  try {
    const answer = await run.send(node, variablesOf(node, run));
    for (const error of answer.errors ?? [])
      run.told(node.subgraph, { ...error, path: error.path && [...plainPath(node.path), ...error.path] });
    if (!answer.data) return requireReason(answer);
    node.outputRewrites?.(answer.data);
    mergeIntoAll(targets, answer.data, shared);
  } catch (error) {
    run.failed(error, node.onlyField === undefined ? undefined : [...plainPath(node.path), node.onlyField]);
  }
}

/** Entities that are the same to the subgraph are asked for once. */
type Asked = { readonly representations: Entity[]; readonly targets: Entity[][] };

async function fetchEntities(node: EntityFetch, { data, shared }: Merged, run: PlanRun): Promise<void> {
  const asked = node.parts.map((part) =>
    askFor(part, isWanted(part.conditions, run) ? entitiesAt(data, part.path, shared) : [], run),
  );
  if (asked.every(({ representations }) => representations.length === 0)) return;
  const variables = variablesOf(node, run);
  for (const [at, { variable }] of node.parts.entries()) variables[variable] = asked[at]?.representations;
  try {
    const answer = await run.send(node, variables);
    if (answer.errors) tellErrors(node, answer.errors, { data, asked, run });
    if (!answer.data) return requireReason(answer);
    for (const [at, part] of node.parts.entries()) {
      const received = receivedEntities(part, answer, asked[at] as Asked);
      for (const [place, entity] of received) {
        const targets = (asked[at] as Asked).targets[place] ?? [];
        keepType(part, targets, entity);
        mergeIntoAll(targets, entity, shared);
      }
    }
  } catch (error) {
    run.failed(error, onlyPlace(node, asked, data));
  }
}

/** Where the entity stands, if all was asked for one that stands at one place. */
function onlyPlace({ parts }: EntityFetch, asked: readonly Asked[], data: Entity): ResponsePath | undefined {
  const wanted = parts.flatMap(({ path }, at) => (asked[at]?.targets ?? []).flat().map((entity) => ({ path, entity })));
  const [only] = wanted;
  const places = only && wanted.length === 1 ? placesAt(data, only.path).get(only.entity) : undefined;
  return places?.length === 1 ? places[0] : undefined;
}

function askFor({ represent, inputRewrites }: EntityPart, entities: readonly Entity[], { conditions }: PlanRun): Asked {
  const targetsOf = new Map<string, Entity[]>();
  const asked: Asked = { representations: [], targets: [] };
  for (const entity of entities) {
    const text = represent(entity, conditions);
    if (text === null) continue;
    const known = targetsOf.get(text);
    if (known) {
      known.push(entity);
      continue;
    }
    const targets = [entity];
    targetsOf.set(text, targets);
    const representation: Entity = JSON.parse(text);
    // Without its type nobody can find an entity.
    if (typeof representation.__typename !== 'string') continue;
    inputRewrites?.(representation);
    asked.representations.push(representation);
    asked.targets.push(targets);
  }
  return asked;
}

/** Nulls have to be explained. */
function requireReason({ errors = [] }: SubgraphAnswer): void {
  if (errors.length === 0) throw new Error('A subgraph answered nothing, and no error says why.');
}

/** The entities that came, with their place among those asked for. */
function receivedEntities(
  { alias, outputRewrites, isOfType }: EntityPart,
  answer: SubgraphAnswer,
  { targets }: Asked,
): Array<[number, Entity]> {
  const received: unknown = answer.data?.[alias];
  if (targets.length === 0) return [];
  if (received === null || received === undefined) {
    requireReason(answer);
    return [];
  }
  if (!Array.isArray(received) || received.length !== targets.length)
    throw new Error(
      `A subgraph answered ${targets.length} entities with ${Array.isArray(received) ? received.length : 'none'}.`,
    );
  const entities: Array<[number, Entity]> = [];
  for (const [place, entity] of received.entries()) {
    if (entity === null || entity === undefined) continue;
    if (!isEntity(entity)) throw new Error('A subgraph answered an entity with something else.');
    outputRewrites?.(entity);
    const known = targets[place]?.[0]?.__typename;
    const { __typename: said = known } = entity;
    if (typeof known === 'string' && said !== known && !areRelated(known, said, isOfType))
      throw new Error(`A subgraph answered an entity of the type ${known} with another.`);
    entities.push([place, entity]);
  }
  return entities;
}

function areRelated(known: string, said: unknown, isOfType: IsOfType): boolean {
  return typeof said === 'string' && (isOfType(known, said) || isOfType(said, known));
}

/** To a subgraph with an interface object all of an interface are of one type: what is known of the entity says more. */
function keepType({ isOfType }: EntityPart, [target]: readonly Entity[], received: Entity): void {
  const known = target?.__typename;
  if (typeof known === 'string' && typeof received.__typename === 'string' && isOfType(known, received.__typename))
    received.__typename = known;
}

/**
 * What is inside the source then stands in all targets as one object: those targets are alike to every subgraph, so that
 * whatever is fetched for it later is fetched for all of them.
 */
function mergeIntoAll(targets: readonly Entity[], source: Entity, shared: Set<unknown>): void {
  if (targets.length > 1)
    for (const name of Object.keys(source)) {
      const value = source[name];
      if (typeof value === 'object' && value !== null) shared.add(value);
    }
  for (const target of targets) mergeInto(target, source);
}

type Told = { readonly data: Entity; readonly asked: readonly Asked[]; readonly run: PlanRun };

/** An error about one entity is told of every place where it stands. */
function tellErrors(node: EntityFetch, errors: readonly SubgraphError[], { data, asked, run }: Told): void {
  const known = new Map<EntityPart, Map<Entity, ResponsePath[]>>();
  const placesOf = (part: EntityPart, entity: Entity): readonly ResponsePath[] => {
    const places = known.get(part) ?? placesAt(data, part.path);
    known.set(part, places);
    return places.get(entity) ?? [[]];
  };
  for (const error of errors) {
    const [alias, place, ...inside] = error.path ?? [];
    const at = node.parts.findIndex((part) => part.alias === alias);
    const part = node.parts[at];
    const targets = typeof place === 'number' ? asked[at]?.targets[place] : undefined;
    if (!part || !targets) run.told(node.subgraph, { ...error, path: part ? plainPath(part.path) : undefined });
    else
      for (const path of targets.flatMap((target) => placesOf(part, target)))
        run.told(node.subgraph, { ...error, path: [...path, ...inside] });
  }
}

/** A place that is not in a list. */
function plainPath(path: PlanPath): Array<string | number> {
  const list = path.indexOf('@');
  return list < 0 ? [...path] : path.slice(0, list);
}

function variablesOf({ variableUsages }: PlannedRequest, { variables }: PlanRun): Entity {
  const used: Entity = {};
  for (const name of variableUsages) if (Object.hasOwn(variables, name)) setOwn(used, name, variables[name]);
  return used;
}
