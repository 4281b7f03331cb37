import type { Execute } from '../execution/executor.ts';
import type { CallSubgraph } from '../subgraph-call.ts';
import { shareExecutions } from './share-executions.ts';
import { shareFetches } from './share-fetches.ts';
import { createWriteClock } from './write-clock.ts';

export type SharingEvents = {
  /** An operation or a fetch joined what was under way. */
  shared(what: 'operation' | 'fetch'): void;
};

/** What is the same at the same time is done once: whole queries, and the fetches of different ones. */
export function createSharing({ timeoutMs, events }: { timeoutMs: number; events: SharingEvents }) {
  const options = { timeoutMs, clock: createWriteClock(), shared: events.shared };
  return {
    fetches: (call: CallSubgraph): CallSubgraph => shareFetches(call, options),
    executions: (execute: Execute): Execute => shareExecutions(execute, options),
  };
}
