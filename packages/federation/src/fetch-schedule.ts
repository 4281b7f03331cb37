import type { FetchNode, PlanNode, QueryPlan } from '@apollo/query-planner';

/** A fetch of a plan. */
export type ScheduledFetch = {
  readonly fetch: FetchNode;
  /** Where in the answer it adds, by response names; `@` for each element of a list. */
  readonly path: ReadonlyArray<string | number>;
  /** What has to hold, all of it, for the fetch to be made. */
  readonly conditions: readonly FetchCondition[];
};

export type FetchCondition = { readonly variable: string; readonly isTrue: boolean };

/** One request to a subgraph. */
export type FetchRequest = {
  /** From 1: requests of one wave wait for requests of earlier waves only. */
  readonly wave: number;
  readonly subgraph: string;
  /** Several only where all of them are for entities. */
  readonly fetches: readonly [ScheduledFetch, ...ScheduledFetch[]];
  /** Requests that have to be answered first, by their place in the schedule; all come before this one. */
  readonly after: readonly number[];
};

/** A fetch on its way to its request: `after` are places in the list of all of them. */
type Placed = ScheduledFetch & { readonly after: readonly number[]; wave: number };

/**
 * The requests that a plan takes, in an order in which they can be made. Entities that one wave asks of one subgraph travel as one
 * request, wherever they are; and a fetch that nothing waits for goes along with a later one for the same entities.
 */
export function scheduleFetches({ node }: QueryPlan): readonly FetchRequest[] {
  if (!node) return [];
  if (node.kind === 'Subscription') throw new Error('Subscriptions are not scheduled.');
  const placed: Placed[] = [];
  place(node, { placed, path: [], conditions: [], after: [] });
  goAlong(placed);
  return requestsOf(placed);
}

type Position = Pick<Placed, 'path' | 'conditions' | 'after'> & { readonly placed: Placed[] };

/** Returns the fetches that whatever comes next has to wait for. */
function place(node: PlanNode, position: Position): readonly number[] {
  const { placed, path, conditions, after } = position;
  switch (node.kind) {
    case 'Fetch': {
      const wave = 1 + Math.max(0, ...after.map((at) => placed[at]?.wave ?? 0));
      placed.push({ fetch: node, path, conditions, after, wave });
      return [placed.length - 1];
    }
    case 'Flatten':
      return place(node.node, { ...position, path: [...path, ...node.path] });
    case 'Sequence':
      return node.nodes.reduce<readonly number[]>((last, child) => place(child, { ...position, after: last }), after);
    case 'Parallel':
      return node.nodes.length === 0 ? after : union(node.nodes.map((child) => place(child, position)));
    case 'Condition': {
      const branch = (child: PlanNode | undefined, isTrue: boolean) =>
        child
          ? place(child, { ...position, conditions: [...conditions, { variable: node.condition, isTrue }] })
          : after;
      return union([branch(node.ifClause, true), branch(node.elseClause, false)]);
    }
    case 'Defer':
      throw new Error('A plan with @defer cannot be scheduled.');
  }
}

function goAlong(placed: Placed[]): void {
  const awaited = new Set(placed.flatMap(({ after }) => after));
  for (const [at, fetch] of placed.entries()) {
    if (awaited.has(at) || !fetch.fetch.requires) continue;
    const place = placeOf(fetch);
    const later = placed.filter((other) => other.fetch.requires && placeOf(other) === place);
    fetch.wave = Math.max(...later.map(({ wave }) => wave));
  }
}

function placeOf({ fetch, path }: ScheduledFetch): string {
  return JSON.stringify([fetch.serviceName, path]);
}

function requestsOf(placed: readonly Placed[]): readonly FetchRequest[] {
  const groups = new Map<string, number[]>();
  for (const [at, { fetch, wave }] of placed.entries()) {
    const key = fetch.requires ? `${wave} ${fetch.serviceName}` : `${wave} root ${at}`;
    const group = groups.get(key);
    if (group) group.push(at);
    else groups.set(key, [at]);
  }
  const waveOf = ([first = 0]: readonly number[]) => placed[first]?.wave ?? 0;
  const ordered = [...groups.values()].sort((a, b) => waveOf(a) - waveOf(b));
  const requestOf = new Map(ordered.flatMap((members, at) => members.map((member) => [member, at])));
  return ordered.map((members) => {
    const fetches = members.map((at) => placed[at] as Placed);
    const [{ fetch, wave }] = fetches as [Placed];
    const after = union(fetches.map((member) => member.after.map((at) => requestOf.get(at) as number)));
    return {
      wave,
      subgraph: fetch.serviceName,
      fetches: fetches.map(({ fetch, path, conditions }) => ({
        fetch,
        path,
        conditions,
      })) as unknown as FetchRequest['fetches'],
      after,
    };
  });
}

function union(lists: ReadonlyArray<readonly number[]>): readonly number[] {
  return [...new Set(lists.flat())].sort((a, b) => a - b);
}
