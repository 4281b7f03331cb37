import { breakerValues } from '@nova/resilience';
import type { Metrics } from '@nova/runtime';
import { Gauge } from 'prom-client';
import type { SubgraphHealth } from '../fanout/guarded-subgraph.ts';

/** Gauges of the breaker and the bulkhead of each subgraph. */
export function observeSubgraphs(registry: Metrics, fanout: { health(): readonly SubgraphHealth[] }): void {
  const breaker: Gauge = new Gauge({
    name: 'circuit_breaker_state',
    help: 'Breaker of a subgraph: 0 closed, 1 half-open, 2 open.',
    labelNames: ['subgraph'],
    aggregator: 'max',
    registers: [registry],
    collect() {
      breaker.reset();
      for (const { subgraph, breaker: state } of fanout.health()) breaker.set({ subgraph }, breakerValues[state]);
    },
  });
  const calls: Gauge = new Gauge({
    name: 'gateway_subgraph_calls',
    help: 'Calls to a subgraph that are running or queued now.',
    labelNames: ['subgraph', 'state'],
    registers: [registry],
    collect() {
      calls.reset();
      for (const { subgraph, running, queued } of fanout.health()) {
        calls.set({ subgraph, state: 'running' }, running);
        calls.set({ subgraph, state: 'queued' }, queued);
      }
    },
  });
}

/** Gauges of the list of ended sessions. */
export function observeRevocations(
  registry: Metrics,
  revocations: { readonly size: number; readonly ageMs: number },
): void {
  const size: Gauge = new Gauge({
    name: 'gateway_revoked_sessions',
    help: 'Ended sessions whose access tokens are refused.',
    registers: [registry],
    collect: () => size.set(revocations.size),
  });
  const age: Gauge = new Gauge({
    name: 'gateway_revocations_age_seconds',
    help: 'Time since the list of ended sessions was asked for with success.',
    registers: [registry],
    collect: () => age.set(revocations.ageMs / 1000),
  });
}

/** Gauges of requests that are at work and that wait. */
export function observeLoad(registry: Metrics, load: { readonly running: number; readonly queued: number }): void {
  for (const state of ['running', 'queued'] as const) {
    const gauge: Gauge = new Gauge({
      name: `gateway_requests_${state}`,
      help: `GraphQL requests that are ${state} now.`,
      registers: [registry],
      collect: () => gauge.set(load[state]),
    });
  }
}
