import type { QueryPlan } from '@apollo/query-planner';
import { createBulkhead } from '@nova/resilience';
import { type PlanSummary, summarizePlan } from '../plan-summary.ts';
import type { LoadedSupergraph, PlanRunner } from '../supergraph.ts';
import { type PlanningThread, startPlanningThread } from './planning-thread.ts';
import type { PlanRequest } from './thread-messages.ts';

export type Planned = {
  readonly plan: QueryPlan;
  readonly summary: PlanSummary;
  /** Of the plan as JSON. */
  readonly jsonBytes: number;
};

/** Plans operations over one supergraph in threads of its own. */
export type Planner = {
  readonly loaded: LoadedSupergraph;
  /**
   * The operation must be valid. Rejects with PLANNING_LIMIT_EXCEEDED when it takes too long, with OVERLOADED when too
   * many wait, and with the signal's reason when it aborts while the operation waits.
   */
  plan(request: PlanRequest, signal?: AbortSignal): Promise<Planned>;
  stop(): Promise<void>;
};

export type PlannerOptions = {
  readonly runner: PlanRunner;
  readonly threads: number;
  /** Processor time of one plan. */
  readonly timeLimitMs: number;
  readonly maxWaiting: number;
};

const restartEveryMs = 1_000;
/** Made once: the stack of one made where a planner is stopped would hold on to the schema that is served next. */
const stopped = new Error('The planner was stopped.');

/** Rejects with `SupergraphError` when the text is no supergraph that can be served. */
export async function startPlanner(supergraph: string, options: PlannerOptions): Promise<Planner> {
  const start = () => startPlanningThread({ supergraph, runner: options.runner }, options.timeLimitMs);
  const first = await start();
  const idle: PlanningThread[] = [first];
  const all = new Set(idle);
  const waiters: Array<(thread: PlanningThread) => void> = [];
  const bulkhead = createBulkhead({ name: 'a plan', maxRunning: options.threads, maxQueued: options.maxWaiting });
  const stopping = new AbortController();

  const take = (): Promise<PlanningThread> | PlanningThread => {
    for (let thread = idle.pop(); thread; thread = idle.pop()) {
      if (!thread.hasEnded) return thread;
      replace(thread);
    }
    return new Promise<PlanningThread>((resolve) => waiters.push(resolve));
  };
  const give = (thread: PlanningThread) => {
    const waiter = waiters.shift();
    if (waiter) waiter(thread);
    else idle.push(thread);
  };
  const add = async () => {
    while (!stopping.signal.aborted) {
      try {
        const fresh = await start();
        if (stopping.signal.aborted) return void (await fresh.end());
        all.add(fresh);
        return give(fresh);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, restartEveryMs).unref());
      }
    }
  };

  const replace = (ended: PlanningThread) => {
    all.delete(ended);
    void add();
  };

  for (let further = 1; further < options.threads; further += 1) void add();
  return {
    loaded: first.loaded,
    plan: (request, signal) =>
      bulkhead.run(async () => {
        stopping.signal.throwIfAborted();
        const thread = await take();
        try {
          return toPlanned(await thread.plan(request));
        } finally {
          if (thread.hasEnded) replace(thread);
          else give(thread);
        }
      }, signal),
    async stop() {
      stopping.abort(stopped);
      await Promise.all([...all].map((thread) => thread.end()));
    },
  };
}

function toPlanned(json: string): Planned {
  const plan: QueryPlan = JSON.parse(json);
  return { plan, summary: summarizePlan(plan), jsonBytes: json.length };
}
