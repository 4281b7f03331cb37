import type { Execute, ExecutionResult } from '../execution/executor.ts';
import type { FanoutScope } from '../fanout-context.ts';
import { createFlights } from './flights.ts';
import { viewerKey, writerOf } from './viewer-key.ts';
import type { WriteClock } from './write-clock.ts';

type Executed = { readonly result: ExecutionResult } & Pick<FanoutScope, 'cachePolicy' | 'stats'>;

/** Has one execution answer all of the same viewer who send the same query at the same time. */
export function shareExecutions(
  execute: Execute,
  options: { timeoutMs: number; clock: WriteClock; shared(what: 'operation'): void },
): Execute {
  const { timeoutMs: fullTimeMs, clock, shared } = options;
  // Nobody changes the text of the data; errors are put into each request's own words later.
  const flights = createFlights<Executed>({ fullTimeMs, clock, copy: (executed) => executed });
  const idOf = createIds();
  return async (execution) => {
    const { schema, operation, variables, scope } = execution;
    if (operation.operation !== 'query') return execute(execution);
    const { viewer, deadline, stats, cachePolicy, wantsFresh } = scope;
    const key = `${wantsFresh} ${idOf(schema)} ${idOf(operation)} ${viewerKey(viewer.identity)} ${JSON.stringify(variables)}`;
    const passenger = { writer: writerOf(viewer.identity), deadline };
    const { joined, landed } = flights.board(key, passenger, async (shared) => ({
      result: await execute({ ...execution, scope: { ...scope, deadline: shared } }),
      stats,
      cachePolicy,
    }));
    if (!joined) return (await landed).result;
    shared('operation');
    const executed = await landed;
    stats.shared += executed.stats.fetches + executed.stats.shared;
    stats.entities += executed.stats.entities;
    Object.assign(cachePolicy, executed.cachePolicy);
    const { data, errors } = executed.result;
    data.isShared = true;
    return { data, ...(errors && { errors: [...errors] }) };
  };
}

/** Documents and schemas that are served are remembered as objects: one that is the same object is the same text. */
function createIds(): (object: object) => number {
  const ids = new WeakMap<object, number>();
  let last = 0;
  return (object) => {
    let id = ids.get(object);
    if (id === undefined) {
      last += 1;
      id = last;
      ids.set(object, id);
    }
    return id;
  };
}
