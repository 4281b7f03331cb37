import type { Logger } from '@nova/runtime';
import type { RevocationEvents } from '../auth/revocations.ts';
import type { EntityCacheEvents } from '../fanout/entity-cache/entity-cache.ts';
import type { FanoutEvents } from '../fanout/fanout.ts';
import type { FanoutScope } from '../fanout/fanout-context.ts';
import type { GuardEvents } from '../fanout/guarded-subgraph.ts';
import type { SubgraphCall } from '../fanout/subgraph-transport.ts';
import type { Purge } from '../http/purge-route.ts';
import type { RequestScope } from '../http/request-scope.ts';
import type { AnsweredRequest } from '../http/server.ts';
import type { IdempotencyEvents } from '../idempotency/idempotency.ts';
import type { ManifestEvents } from '../persisted/manifest-files.ts';
import type { Tolerated } from '../protection/index.ts';
import type { RateLimitEvents } from '../rate-limits/rate-limits.ts';
import type { PlanEvents } from '../supergraph/plans.ts';
import type { SupergraphEvents } from '../supergraph/supergraph-manager.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import { createLabels, type Labels } from './labels.ts';
import { createTextMeasure } from './text-measure.ts';
import { createUnknownIds } from './unknown-ids.ts';

/** Turns what the parts of the gateway report into series and log lines. */
export function createObservers(options: {
  log: Logger;
  metrics: GatewayMetrics;
  /** By name. */
  readonly trustedClients: ReadonlyMap<string, unknown>;
  /** Whether texts that no manifest has are logged. */
  readonly measuresTexts: boolean;
  /** What an answered operation had too much of. */
  toleratedOf(stats: RequestScope['stats']): readonly Tolerated[];
}) {
  const { log, metrics } = options;
  const labels = createLabels(options.trustedClients.keys());
  const door = doorObservers(log, metrics);
  // Looking for secrets costs more than all else about this line, whose fields are known and none.
  const requestLog = log.child({}, { redact: [] });

  const request = ({ method, route, status, durationMs, abandoned, scope }: AnsweredRequest) => {
    metrics.requests.inc({ method, route, status });
    metrics.requestDuration.observe({ route }, durationMs / 1000);
    const { operation, stats, errorCodes, client, idempotency } = scope;
    if (operation.executed) {
      const label = { operation: labels.operation(operation.name) };
      metrics.operationFetches.observe(label, stats.fetches);
      metrics.operationWaves.observe(label, stats.waves);
      metrics.operationRpcCalls.observe(label, stats.rpcCalls);
      for (const excess of options.toleratedOf(stats)) door.tolerated(excess, scope);
    } else if (errorCodes[0] !== undefined) {
      metrics.refusals.inc({ code: errorCodes[0] });
    }
    if (options.measuresTexts) texts.note(scope);
    if (errorCodes[0] === 'PERSISTED_QUERY_NOT_FOUND') unknownId(scope);
    requestLog.info(
      {
        correlationId: scope.correlationId,
        method,
        route,
        status,
        durationMs: Math.round(durationMs * 10) / 10,
        operationName: operation.name?.slice(0, 100),
        operationId: operation.id,
        foundBy: operation.foundBy,
        clientName: client.name,
        clientVersion: client.version,
        trustedAs: client.trustedAs,
        ...(operation.executed && stats),
        ...(errorCodes.length > 0 && { errorCodes: [...new Set(errorCodes)] }),
        ...(idempotency.claim?.earlier && { replayed: true }),
        ...(abandoned && { abandoned }),
      },
      'request',
    );
  };

  const texts = createTextMeasure(log);

  const unknownIds = createUnknownIds(log);
  const unknownId = (scope: RequestScope) => {
    metrics.unknownIds.inc({ client: labels.client(scope.client.name) });
    unknownIds.note(scope);
  };

  const subgraphCall = ({ subgraph, durationMs, codes, abandoned }: SubgraphCall) => {
    if (abandoned) return;
    metrics.subgraphDuration.observe({ subgraph }, durationMs / 1000);
    for (const code of codes) metrics.subgraphErrors.inc({ subgraph, code });
  };

  return {
    request,
    subgraphCall,
    ...cacheObservers(log, metrics),
    ...door,
    fanout: { ...guardObserver(log, metrics), ...workObserver(metrics) },
    ...sourceObservers(log, metrics, labels),
  };
}

function guardObserver(log: Logger, metrics: GatewayMetrics): GuardEvents {
  return {
    breakerChanged(subgraph, state) {
      log[state === 'open' ? 'warn' : 'info']({ subgraph, breaker: state }, 'the breaker of a subgraph changed');
    },
    failed: (subgraph) => metrics.breakerFailures.inc({ subgraph }),
    refused: (subgraph, by) => metrics.subgraphRefusals.inc({ subgraph, by }),
    retried: (subgraph, verdict) => metrics.subgraphRetries.inc({ subgraph, verdict }),
  };
}

function workObserver(metrics: GatewayMetrics): Pick<FanoutEvents, 'asked' | 'shared'> {
  return {
    asked: ({ subgraph, count }) => metrics.fetchEntities.observe({ subgraph }, count),
    shared: (what) => metrics.shared.inc({ what }),
  };
}

function cacheObservers(log: Logger, metrics: GatewayMetrics) {
  const entityCache: EntityCacheEvents = {
    looked: (subgraph, result, count) => metrics.entityCacheLookups.inc({ subgraph, result }, count),
    servedStale: (answer) => log.warn(answer, 'old answers stood in for a service that is away'),
    storeFailed: (command) => metrics.entityCacheStoreFailures.inc({ command }),
  };

  const purged = ({ tags, occurredAt }: Purge) => {
    metrics.purges.inc(tags.length);
    if (occurredAt) metrics.purgeStaleness.observe(Math.max(0, Date.now() - occurredAt.getTime()) / 1000);
  };

  return { entityCache, purged };
}

function doorObservers(log: Logger, metrics: GatewayMetrics) {
  const tolerated = (
    { limit, mode, figure, allowed }: Tolerated,
    scope: Pick<FanoutScope, 'correlationId' | 'operation' | 'client'>,
  ) => {
    metrics.limitsTolerated.inc({ limit, mode });
    if (mode !== 'warn') return;
    const { correlationId, operation, client } = scope;
    log.warn(
      { correlationId, limit, figure, allowed, operationName: operation.name, clientName: client.name },
      'an operation is over a limit that is not enforced',
    );
  };

  const rateLimits: RateLimitEvents = {
    taken(rule, { isAllowed, remaining, limit }) {
      if (!isAllowed) metrics.rateLimited.inc({ rule });
      metrics.quotaLeft.observe({ rule }, remaining / limit);
    },
    fieldsUnknown(fields) {
      log.warn({ fields }, 'RATE_LIMIT_FIELDS names fields that the schema does not have');
    },
  };

  const plans: PlanEvents = {
    planned({ durationMs, isWarming }) {
      metrics.planDuration.observe({ warming: String(isWarming) }, durationMs / 1000);
    },
    refused() {
      metrics.plansRefused.inc();
    },
  };

  const idempotency: IdempotencyEvents = {
    claimed: (verdict) => metrics.idempotentRequests.inc({ verdict }),
    storeFailed: (command) => metrics.idempotencyStoreFailures.inc({ command }),
  };

  return { tolerated, rateLimits, plans, idempotency };
}

/** Says when the list cannot be read and when it can again, not each time it is tried. */
function revocationObserver(log: Logger): RevocationEvents {
  let isFailing = false;
  return {
    failed(error) {
      if (!isFailing) log.warn({ err: error }, 'identity does not say which sessions have ended');
      isFailing = true;
    },
    refreshed() {
      if (isFailing) log.info('identity says again which sessions have ended');
      isFailing = false;
    },
    overflowed(forgotten) {
      log.error(
        { forgotten },
        'more sessions have ended than can be remembered; tokens of some are taken until they expire',
      );
    },
  };
}

/** Of what is read again and again. */
function sourceObservers(log: Logger, metrics: GatewayMetrics, labels: Labels) {
  const supergraph: SupergraphEvents = {
    loaded({ subgraphs }) {
      metrics.supergraphReloads.inc({ result: 'loaded' });
      metrics.supergraphRejected.set(0);
      log.info({ subgraphs: subgraphs.map(({ name }) => name) }, 'supergraph loaded');
    },
    rejected(error) {
      metrics.supergraphReloads.inc({ result: 'rejected' });
      metrics.supergraphRejected.set(1);
      log.error({ err: error }, 'the supergraph on disk cannot be served; the last good one stays');
    },
  };

  const manifest: ManifestEvents = {
    loaded(operations) {
      labels.learn(operations);
      metrics.manifestReloads.inc({ result: 'loaded' });
      log.info({ operations: operations.size }, 'persisted manifest loaded');
    },
    rejected(error) {
      metrics.manifestReloads.inc({ result: 'rejected' });
      log.error({ err: error }, 'the persisted manifest on disk cannot be used; the last good one stays');
    },
  };

  return { supergraph, manifest, revocations: revocationObserver(log) };
}
