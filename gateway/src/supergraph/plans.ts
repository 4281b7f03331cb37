import { AppError } from '@nova/errors';
import { type LoadedSupergraph, type Planned, type Planner, type PlannerOptions, startPlanner } from '@nova/federation';
import type { GraphQLSchema } from 'graphql';
import { LRUCache } from 'lru-cache';

/** An operation to plan: valid, and known by the hash of its text. */
export type PlannedOperation = {
  readonly query: string;
  readonly queryHash: string;
  readonly operationName?: string | undefined;
};

/** The plans of the operations asked for, made in threads beside the one that serves. */
export type Plans = {
  /** Opens a supergraph and plans `warm` over it; it is served once `serve` was called. Rejects with `SupergraphError`. */
  open(supergraph: string, warm: Iterable<PlannedOperation>): Promise<LoadedSupergraph>;
  /** The supergraph opened last is served by this schema from now on. */
  serve(schema: GraphQLSchema): void;
  /** Remembered, or made now. Rejects as `Planner.plan` does; that an operation is too hard is remembered for a while. */
  planFor(schema: GraphQLSchema, operation: PlannedOperation, signal?: AbortSignal): Promise<Planned>;
  stop(): Promise<void>;
};

export type PlanEvents = {
  planned(plan: { readonly durationMs: number; readonly isWarming: boolean }): void;
  refused(): void;
};

type Remembered = Planned | AppError;

/** What an entry takes besides its plan. */
const entryBytes = 500;
/** A plan takes up to 1.6 bytes for each of its JSON, by measurement, and up to 1.8 more once it was made ready to run. */
const bytesPerJsonByte = 3.5;
const refusedForMs = 60_000;
/** However many operations a manifest has, a new supergraph is served after this. */
const warmWithinMs = 20_000;

export function createPlans(options: PlannerOptions & { cacheBytes: number; events: PlanEvents }): Plans {
  const { events } = options;
  const remembered = new LRUCache<string, Remembered>({
    maxSize: options.cacheBytes,
    sizeCalculation: (value) =>
      entryBytes + (value instanceof AppError ? 0 : Math.ceil(value.jsonBytes * bytesPerJsonByte)),
  });
  const pending = new Map<string, Promise<Planned>>();
  const planners = new WeakMap<GraphQLSchema, NumberedPlanner>();
  const running = new Set<Planner>();
  const end = async ({ planner, number }: NumberedPlanner) => {
    // Plans that were made ready to run hold on to the schema that they are for.
    for (const key of remembered.keys()) if (key.startsWith(`${number} `)) remembered.delete(key);
    await stopPlanner(running, planner);
  };
  const retire = createRetirement((planner) => void end(planner));
  let opened: NumberedPlanner | undefined;
  let serving: NumberedPlanner | undefined;
  let count = 0;

  const planNow = async (planner: Planner, key: string, request: PlanRequest): Promise<Planned> => {
    const startedAt = performance.now();
    try {
      const planned = await planner.plan(request.operation);
      remembered.set(key, planned);
      events.planned({ durationMs: performance.now() - startedAt, isWarming: request.isWarming });
      return planned;
    } catch (error) {
      if (error instanceof AppError && error.code === 'PLANNING_LIMIT_EXCEEDED') {
        remembered.set(key, error, { ttl: refusedForMs });
        events.refused();
      }
      throw error;
    }
  };

  const plan = ({ planner, number }: NumberedPlanner, request: PlanRequest): Promise<Planned> => {
    const { queryHash, operationName = '' } = request.operation;
    const key = `${number} ${queryHash} ${operationName}`;
    const known = remembered.get(key);
    if (known instanceof AppError) return Promise.reject(known);
    if (known) return Promise.resolve(known);
    const other = pending.get(key);
    if (other) return other;
    const made = planNow(planner, key, request).finally(() => pending.delete(key));
    pending.set(key, made);
    return made;
  };

  return {
    async open(supergraph, warm) {
      const planner = await startPlanner(supergraph, options);
      running.add(planner);
      const previous = opened;
      count += 1;
      opened = { planner, number: count };
      // Opened, and never served.
      if (previous && previous !== serving) await end(previous);
      await warmUp(warm, (operation) => plan({ planner, number: count }, { operation, isWarming: true }));
      return planner.loaded;
    },
    serve(schema) {
      if (!opened) throw new Error('No supergraph was opened.');
      planners.set(schema, opened);
      const previous = serving;
      serving = opened;
      if (!previous || previous === serving) return;
      retire(previous);
    },
    planFor(schema, operation, signal) {
      const planner = planners.get(schema);
      if (!planner) throw new Error('The schema is not one that plans are made for.');
      return unlessAborted(plan(planner, { operation, isWarming: false }), signal);
    },
    async stop() {
      await Promise.all([...running].map((planner) => stopPlanner(running, planner)));
    },
  };
}

type NumberedPlanner = { readonly planner: Planner; readonly number: number };
type PlanRequest = {
  readonly operation: PlannedOperation;
  readonly isWarming: boolean;
};

/** The plan is made all the same: others may wait for it. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Requests that began before a swap may still ask for a plan. */
const retireMs = 30_000;
/** Each has threads with a heap of their own, however often the supergraph changes. */
const mostRetired = 2;

/** Ends planners some time after they were handed over, earlier when there are many. */
function createRetirement(end: (planner: NumberedPlanner) => void): (planner: NumberedPlanner) => void {
  const retired: Array<{ planner: NumberedPlanner; timer: NodeJS.Timeout }> = [];
  const endOldest = () => {
    const oldest = retired.shift();
    if (!oldest) return;
    clearTimeout(oldest.timer);
    end(oldest.planner);
  };
  return (planner) => {
    retired.push({ planner, timer: setTimeout(endOldest, retireMs).unref() });
    if (retired.length > mostRetired) endOldest();
  };
}

async function stopPlanner(running: Set<Planner>, planner: Planner): Promise<void> {
  running.delete(planner);
  await planner.stop();
}

/** An operation that does not fit the supergraph, or is too hard, is told to whoever asks for it. */
async function warmUp(
  operations: Iterable<PlannedOperation>,
  plan: (operation: PlannedOperation) => Promise<unknown>,
): Promise<void> {
  const endsAt = performance.now() + warmWithinMs;
  for (const operation of operations) {
    if (performance.now() > endsAt) return;
    await plan(operation).catch(() => undefined);
  }
}
