import { parentPort, workerData } from 'node:worker_threads';
import { operationFromDocument } from '@apollo/federation-internals';
import { parse } from 'graphql';
import { type OpenedSupergraph, openSupergraph, SupergraphError } from '../supergraph.ts';
import type { FromThread, PlanRequest, ThreadData } from './thread-messages.ts';

/** The thread that plans: it opens the supergraph once, says so, and then answers one request after the other. */
const { supergraph } = workerData as ThreadData;
const say = (message: FromThread) => parentPort?.postMessage(message);

try {
  const opened = openSupergraph(supergraph);
  say({ kind: 'opened', loaded: { sdl: opened.sdl, subgraphs: opened.subgraphs } });
  parentPort?.on('message', (request: PlanRequest) => say(answer(opened, request)));
} catch (error) {
  say({ kind: 'unusable', message: messageOf(error) });
}

function answer({ apiSchema, planner }: OpenedSupergraph, { query, operationName }: PlanRequest): FromThread {
  try {
    const operation = operationFromDocument(apiSchema, parse(query), { operationName });
    return { kind: 'planned', plan: JSON.stringify(planner.buildQueryPlan(operation)) };
  } catch (error) {
    return { kind: 'failed', message: messageOf(error), isTooLarge: /exceeds limit/.test(messageOf(error)) };
  }
}

function messageOf(error: unknown): string {
  if (error instanceof SupergraphError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
