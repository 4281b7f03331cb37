import type { SubgraphAnswer } from '../subgraph-answer.ts';
import type { CompiledNode, EntityFetch, EntityPart, PlannedRequest, RootFetch } from './compile-plan.ts';
import { entitiesAt, type PlanPath, pathsAt, type ResponsePath } from './entities-at.ts';
import { copyOf, mergeInto } from './merge.ts';
import { type Entity, isEntity, setOwn } from './types-of-data.ts';

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

/** Runs a plan and returns what all subgraphs answered, as one. A fetch that fails costs its own fields. */
export async function runPlan(node: CompiledNode | undefined, run: PlanRun): Promise<Entity> {
  const data: Entity = {};
  if (node) await runNode(node, data, run);
  return data;
}

async function runNode(node: CompiledNode, data: Entity, run: PlanRun): Promise<void> {
  switch (node.kind) {
    case 'sequence':
      for (const child of node.nodes) await runNode(child, data, run);
      return;
    case 'parallel':
      await Promise.all(node.nodes.map((child) => runNode(child, data, run)));
      return;
    case 'condition': {
      const branch = run.conditions[node.variable] === true ? node.ifTrue : node.ifFalse;
      if (branch) await runNode(branch, data, run);
      return;
    }
    case 'root':
      return fetchRoot(node, data, run);
    case 'entities':
      return fetchEntities(node, data, run);
  }
}

async function fetchRoot(node: RootFetch, data: Entity, run: PlanRun): Promise<void> {
  const targets = entitiesAt(data, node.path);
  if (targets.length === 0) return;
  try {
    const answer = await run.send(node, variablesOf(node, run));
    for (const error of answer.errors ?? [])
      run.told(node.subgraph, { ...error, path: error.path && [...plainPath(node.path), ...error.path] });
    if (!answer.data) return;
    node.outputRewrites?.(answer.data);
    for (const [at, target] of targets.entries()) mergeInto(target, at === 0 ? answer.data : copyOf(answer.data));
  } catch (error) {
    run.failed(error, node.onlyField === undefined ? undefined : [...plainPath(node.path), node.onlyField]);
  }
}

/** Entities that are the same to the subgraph are asked for once. */
type Asked = { readonly representations: Entity[]; readonly targets: Entity[][] };

async function fetchEntities(node: EntityFetch, data: Entity, run: PlanRun): Promise<void> {
  const asked = node.parts.map((part) => askFor(part, data));
  if (asked.every(({ representations }) => representations.length === 0)) return;
  const variables = variablesOf(node, run);
  for (const [at, { variable }] of node.parts.entries()) variables[variable] = asked[at]?.representations;
  try {
    const answer = await run.send(node, variables);
    if (answer.errors) tellErrors(node, answer.errors, { data, asked, run });
    if (!answer.data) return;
    for (const [at, part] of node.parts.entries()) takeEntities(part, answer.data[part.alias], asked[at] as Asked);
  } catch (error) {
    run.failed(error, onlyPlace(node, asked, data));
  }
}

/** Where the entity stands, if all was asked for one that stands at one place. */
function onlyPlace({ parts }: EntityFetch, asked: readonly Asked[], data: Entity): ResponsePath | undefined {
  const places = parts.flatMap(({ path }, at) => (asked[at]?.targets ?? []).flat().map((entity) => ({ path, entity })));
  const [place] = places;
  return place && places.length === 1 ? pathsAt(data, place.path).get(place.entity) : undefined;
}

function askFor({ path, represent, inputRewrites }: EntityPart, data: Entity): Asked {
  const places = new Map<string, number>();
  const asked: Asked = { representations: [], targets: [] };
  for (const entity of entitiesAt(data, path)) {
    const representation = represent(entity);
    if (typeof representation?.__typename !== 'string') continue;
    inputRewrites?.(representation);
    const key = JSON.stringify(representation);
    const place = places.get(key);
    if (place !== undefined) asked.targets[place]?.push(entity);
    else {
      places.set(key, asked.representations.length);
      asked.representations.push(representation);
      asked.targets.push([entity]);
    }
  }
  return asked;
}

function takeEntities({ outputRewrites }: EntityPart, received: unknown, { targets }: Asked): void {
  // Without entities an error says why.
  if (received === null || received === undefined) return;
  if (!Array.isArray(received) || received.length !== targets.length)
    throw new Error(
      `A subgraph answered ${targets.length} entities with ${Array.isArray(received) ? received.length : 'none'}.`,
    );
  for (const [place, entities] of targets.entries()) {
    const entity: unknown = received[place];
    if (!isEntity(entity)) continue;
    outputRewrites?.(entity);
    for (const [at, target] of entities.entries()) mergeInto(target, at === 0 ? entity : copyOf(entity));
  }
}

type Told = { readonly data: Entity; readonly asked: readonly Asked[]; readonly run: PlanRun };

/** An error about one entity is told of every place where it stands. */
function tellErrors(node: EntityFetch, errors: readonly SubgraphError[], { data, asked, run }: Told): void {
  const known = new Map<EntityPart, Map<Entity, ResponsePath>>();
  const pathsOf = (part: EntityPart) => {
    const paths = known.get(part) ?? pathsAt(data, part.path);
    known.set(part, paths);
    return paths;
  };
  for (const error of errors) {
    const [alias, place, ...inside] = error.path ?? [];
    const at = node.parts.findIndex((part) => part.alias === alias);
    const part = node.parts[at];
    const targets = typeof place === 'number' ? asked[at]?.targets[place] : undefined;
    if (!part || !targets) run.told(node.subgraph, { ...error, path: part ? plainPath(part.path) : undefined });
    else
      for (const target of targets)
        run.told(node.subgraph, { ...error, path: [...(pathsOf(part).get(target) ?? []), ...inside] });
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
