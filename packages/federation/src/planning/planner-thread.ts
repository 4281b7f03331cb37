import { parentPort, workerData } from 'node:worker_threads';
import { type OpenedSupergraph, openSupergraph, planOperation, SupergraphError } from '../supergraph.ts';
import type { FromThread, PlanRequest, ThreadData } from './thread-messages.ts';

/** The thread that plans: it opens the supergraph once, says so, and then answers one request after the other. */
const { supergraph, runner } = workerData as ThreadData;
const say = (message: FromThread) => parentPort?.postMessage(message);

try {
  const opened = openSupergraph(supergraph, runner);
  say({ kind: 'opened', loaded: { sdl: opened.sdl, subgraphs: opened.subgraphs } });
  parentPort?.on('message', (request: PlanRequest) => say(answer(opened, request)));
} catch (error) {
  say({ kind: 'unusable', message: messageOf(error) });
}

function answer(opened: OpenedSupergraph, request: PlanRequest): FromThread {
  try {
    return { kind: 'planned', plan: JSON.stringify(planOperation(opened, request)) };
  } catch (error) {
    return { kind: 'failed', message: messageOf(error), isTooLarge: /exceeds limit/.test(messageOf(error)) };
  }
}

function messageOf(error: unknown): string {
  if (error instanceof SupergraphError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
