import type { Metrics } from '@nova/runtime';
import { Counter, Gauge, Histogram } from 'prom-client';

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const counts = [0, 1, 2, 3, 4, 5, 7, 10, 15, 20];

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>;

/** Every series that something is counted in; gauges that are read when they are asked for are in gateway-gauges.ts. */
export function createGatewayMetrics(registry: Metrics) {
  const registers = [registry];
  return {
    requests: new Counter({
      name: 'http_requests_total',
      help: 'HTTP requests answered, by method, route and status.',
      labelNames: ['method', 'route', 'status'],
      registers,
    }),
    requestDuration: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Duration of HTTP requests, by route.',
      labelNames: ['route'],
      buckets: seconds,
      registers,
    }),
    ...operationMetrics(registers),
    ...planMetrics(registers),
    ...guardMetrics(registers),
    subgraphDuration: new Histogram({
      name: 'gateway_subgraph_request_duration_seconds',
      help: 'Duration of calls to a subgraph.',
      labelNames: ['subgraph'],
      buckets: seconds,
      registers,
    }),
    subgraphErrors: new Counter({
      name: 'gateway_subgraph_errors_total',
      help: 'Errors of calls to a subgraph, by code.',
      labelNames: ['subgraph', 'code'],
      registers,
    }),
    ...fanoutMetrics(registers),
    refusals: new Counter({
      name: 'gateway_refusals_total',
      help: 'Requests refused before anything was executed, by code.',
      labelNames: ['code'],
      registers,
    }),
    persisted: new Counter({
      name: 'persisted_query_requests_total',
      help: 'Requests by how their document was found: id, apq, known-text, text, unknown-id, text-refused or mismatch.',
      labelNames: ['verdict'],
      registers,
    }),
    unknownIds: new Counter({
      name: 'persisted_query_unknown_ids_total',
      help: 'Requests by an id that no manifest has, by client: those of the manifests and of TRUSTED_CLIENTS, else other.',
      labelNames: ['client'],
      registers,
    }),
    ...limitMetrics(registers),
    ...idempotencyMetrics(registers),
    ...entityCacheMetrics(registers),
    ...fileMetrics(registers),
  };
}

function operationMetrics(registers: Metrics[]) {
  return {
    operationFetches: new Histogram({
      name: 'gateway_operation_fetches',
      help: 'Calls to subgraphs one operation took, by operation of the manifest.',
      labelNames: ['operation'],
      buckets: counts,
      registers,
    }),
    operationWaves: new Histogram({
      name: 'gateway_operation_waves',
      help: 'Calls to subgraphs that wait for one another in the plan of an operation, by operation of the manifest.',
      labelNames: ['operation'],
      buckets: counts,
      registers,
    }),
    operationRpcCalls: new Histogram({
      name: 'gateway_operation_rpc_calls',
      help: 'gRPC calls that subgraphs made among services for an operation, by operation of the manifest.',
      labelNames: ['operation'],
      buckets: [...counts, 30, 50],
      registers,
    }),
  };
}

function fanoutMetrics(registers: Metrics[]) {
  return {
    fetchEntities: new Histogram({
      name: 'gateway_fetch_entities',
      help: 'Entities that one fetch asks for by reference, before it is split into requests, by subgraph.',
      labelNames: ['subgraph'],
      buckets: [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000],
      registers,
    }),
    shared: new Counter({
      name: 'gateway_shared_total',
      help: 'Work that was not done again because the same was under way for the same viewer, by what it was: operation or fetch.',
      labelNames: ['what'],
      registers,
    }),
  };
}

function limitMetrics(registers: Metrics[]) {
  return {
    limitsTolerated: new Counter({
      name: 'gateway_limits_tolerated_total',
      help: 'Operations over a limit that is not enforced, by limit and mode (measure or warn).',
      labelNames: ['limit', 'mode'],
      registers,
    }),
    rateLimited: new Counter({
      name: 'gateway_rate_limited_total',
      help: 'Requests refused because a quota was used up, by rule (user, public, fields).',
      labelNames: ['rule'],
      registers,
    }),
    quotaLeft: new Histogram({
      name: 'gateway_rate_limit_remaining_ratio',
      help: 'What callers had left of their quota after a request, from 0 to 1, by rule.',
      labelNames: ['rule'],
      buckets: [0, 0.05, 0.1, 0.25, 0.5, 0.75, 1],
      registers,
    }),
  };
}

function planMetrics(registers: Metrics[]) {
  return {
    planDuration: new Histogram({
      name: 'gateway_plan_duration_seconds',
      help: 'Time from asking for a plan that was not remembered to having it; warming: ahead of any request.',
      labelNames: ['warming'],
      buckets: seconds,
      registers,
    }),
    plansRefused: new Counter({
      name: 'gateway_plans_refused_total',
      help: 'Operations whose planning was ended because it took too long.',
      registers,
    }),
  };
}

function idempotencyMetrics(registers: Metrics[]) {
  return {
    idempotentRequests: new Counter({
      name: 'gateway_idempotent_requests_total',
      help: 'Mutations with an idempotency key, by verdict: first, replayed, running, reused, or unguarded (the store was away).',
      labelNames: ['verdict'],
      registers,
    }),
    idempotencyStoreFailures: new Counter({
      name: 'gateway_idempotency_store_failures_total',
      help: 'Commands that the store of idempotency keys did not answer, by command: begin, finish or release.',
      labelNames: ['command'],
      registers,
    }),
  };
}

function entityCacheMetrics(registers: Metrics[]) {
  return {
    entityCacheLookups: new Counter({
      name: 'gateway_entity_cache_lookups_total',
      help: 'Entities and root fields that were looked for, by subgraph and result: hit, miss, skipped (the store was away, or the request cannot be cached); stale: missed, and an old answer stood in for a service that was away.',
      labelNames: ['subgraph', 'result'],
      registers,
    }),
    entityCacheStoreFailures: new Counter({
      name: 'gateway_entity_cache_store_failures_total',
      help: 'Commands that the store of the entity cache did not answer in time, by command: look or keep.',
      labelNames: ['command'],
      registers,
    }),
    purges: new Counter({
      name: 'gateway_entity_cache_purged_tags_total',
      help: 'Tags that were purged through the admin port.',
      registers,
    }),
    purgeStaleness: new Histogram({
      name: 'gateway_entity_cache_purge_staleness_seconds',
      help: 'Time from a change to the purge of what it made old, of purges through the admin port.',
      buckets: seconds,
      registers,
    }),
  };
}

function fileMetrics(registers: Metrics[]) {
  return {
    supergraphReloads: new Counter({
      name: 'supergraph_reload_total',
      help: 'Times a supergraph was read, by result: loaded or rejected.',
      labelNames: ['result'],
      registers,
    }),
    supergraphRejected: new Gauge({
      name: 'supergraph_rejected',
      help: '1 while the supergraph on disk cannot be served and an older one is.',
      registers,
    }),
    manifestReloads: new Counter({
      name: 'persisted_manifest_reload_total',
      help: 'Times the persisted manifest was read, by result: loaded or rejected.',
      labelNames: ['result'],
      registers,
    }),
  };
}

function guardMetrics(registers: Metrics[]) {
  return {
    breakerFailures: new Counter({
      name: 'circuit_breaker_failures_total',
      help: 'Calls to a subgraph that its breaker counted as failures.',
      labelNames: ['subgraph'],
      registers,
    }),
    subgraphRefusals: new Counter({
      name: 'gateway_subgraph_refusals_total',
      help: 'Calls to a subgraph that were not sent, by what refused them: breaker or bulkhead.',
      labelNames: ['subgraph', 'by'],
      registers,
    }),
    subgraphRetries: new Counter({
      name: 'gateway_subgraph_retries_total',
      help: 'Calls to a subgraph that got no answer and might be sent again, by verdict: sent or over-budget.',
      labelNames: ['subgraph', 'verdict'],
      registers,
    }),
  };
}
