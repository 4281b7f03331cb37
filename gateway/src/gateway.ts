import { ApolloGateway } from '@apollo/gateway';
import type { ApolloServer } from '@apollo/server';
import { hearEndedSessions, openRedis, type RedisConnection } from '@nova/cache';
import type { LoadedSupergraph } from '@nova/federation';
import {
  type AdminRoute,
  type AdminServer,
  anonymous,
  createIdentitySigner,
  createLogger,
  createMetrics,
  type Logger,
  type Metrics,
  StopStack,
  startAdminServer,
} from '@nova/runtime';
import { createAccessTokenKeys } from './auth/access-token-keys.ts';
import { type Authenticate, createAuthenticate } from './auth/authenticate.ts';
import { createOperationAccess } from './auth/operation-access.ts';
import { openRevocations } from './auth/revocations.ts';
import { disableVendorTelemetry, type GatewayConfig } from './config.ts';
import { createEntityCache, type EntityCache } from './fanout/entity-cache/entity-cache.ts';
import { createMemoryStore as createCacheMemory } from './fanout/entity-cache/memory-store.ts';
import { createRedisStore as createCacheRedis } from './fanout/entity-cache/redis-store.ts';
import { createFanout, type Fanout } from './fanout/fanout.ts';
import { accessStep } from './http/access-step.ts';
import { createApollo } from './http/apollo.ts';
import { createToClientError, type ToClientError } from './http/client-error.ts';
import { withFanout } from './http/execution-gateway.ts';
import { loadGraphiql } from './http/graphiql.ts';
import { createGraphqlHandler } from './http/graphql-handler.ts';
import { idempotencyStep } from './http/idempotency-step.ts';
import type { OperationStep } from './http/operation-steps.ts';
import { planPictureStep } from './http/plan-picture.ts';
import { type PlanSource, planningStep, planOfRequest } from './http/planning-step.ts';
import { planBudgetStep, protectionStep } from './http/protection-steps.ts';
import { createPurgeRoute } from './http/purge-route.ts';
import { rateLimitStep } from './http/rate-limit-step.ts';
import type { GatewayContext } from './http/request-scope.ts';
import { type HttpServer, startHttpServer } from './http/server.ts';
import { createIdempotency } from './idempotency/idempotency.ts';
import { createMemoryStore } from './idempotency/memory-store.ts';
import { createRedisStore } from './idempotency/redis-store.ts';
import { createAutomaticQueries } from './persisted/automatic-queries.ts';
import type { Manifest } from './persisted/manifest.ts';
import { type ManifestFiles, openManifestFiles } from './persisted/manifest-files.ts';
import { createDocumentResolver } from './persisted/resolve-document.ts';
import { createTrustedClients } from './persisted/trusted-clients.ts';
import { createProtection, type Protection } from './protection/index.ts';
import { createLoadShedding, type LoadShedding } from './protection/load-shedding.ts';
import { createRateLimits } from './rate-limits/rate-limits.ts';
import { createPlans, type PlannedOperation } from './supergraph/plans.ts';
import { createSupergraphManager } from './supergraph/supergraph-manager.ts';
import { observeLoad, observeRevocations, observeSubgraphs } from './telemetry/gateway-gauges.ts';
import { createGatewayMetrics, type GatewayMetrics } from './telemetry/gateway-metrics.ts';
import { createObservers } from './telemetry/observers.ts';

export type Gateway = {
  /** Where GraphQL is: this and `/graphql`. */
  readonly url: string;
  readonly adminUrl: string;
  readonly metrics: Metrics;
  /** Turns readiness off, lets requests finish, closes everything. May be called twice. */
  stop(): Promise<void>;
};

export type GatewayOverrides = {
  readonly log?: Logger;
  readonly metrics?: Metrics;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

type Observers = ReturnType<typeof createObservers>;

/** Builds the gateway from its parts and starts it. Rejects, with everything stopped again, when a part cannot start. */
export async function createGateway(config: GatewayConfig, overrides: GatewayOverrides = {}): Promise<Gateway> {
  const stack = new StopStack();
  try {
    return await startParts(config, overrides, stack);
  } catch (error) {
    await stack.stop().catch(() => undefined);
    throw error;
  }
}

async function startParts(config: GatewayConfig, overrides: GatewayOverrides, stack: StopStack): Promise<Gateway> {
  const log = overrides.log ?? createLogger({ service: 'gateway', level: config.logLevel });
  const metrics = overrides.metrics ?? createMetrics('gateway');
  const gatewayMetrics = createGatewayMetrics(metrics);
  const development = config.appEnv === 'development';
  let phase: Phase = 'starting';
  const load = createLoadShedding(config.load);
  stack.add('load watch', async () => load.stop());
  observeLoad(metrics, load);
  const redis = connectRedis(config, metrics, stack);
  const protection = createProtection(config.limits);
  const observers = createObservers({
    log,
    metrics: gatewayMetrics,
    trustedClients: config.persisted.trustedClients,
    measuresTexts: config.persisted.measure,
    toleratedOf: protection.toleratedOf,
  });
  const { entityCache, purges } = openCache(config, { redis, observers, now: overrides.now ?? Date.now });
  const admin = await startAdmin(config, metrics, { phase: () => phase, load, purges });
  stack.add('admin server', () => admin.stop());
  const fanout = openFanout({ config, protection, observers, metrics, stack, entityCache });

  const { manifestFiles: files } = config.persisted;
  const manifest = await openManifestFiles({ files, pollMs: config.filePollMs, events: observers.manifest });
  stack.add('persisted manifest', () => manifest.stop());

  const toClientError = createToClientError({ log, suggestions: development });
  const now = overrides.now ?? Date.now;
  const plans = createPlans({ ...config.planning, runner: config.engine, events: observers.plans });
  stack.add('planner', () => plans.stop());
  const open = (supergraph: string) => plans.open(supergraph, operationsOf(manifest.current()));
  const apollo = createApollo({
    gateway: servedGateway(createApolloGateway({ config, log, fanout, observers, open }), config, fanout),
    log: log.child({}, { level: 'warn' }),
    toClientError,
    introspection: development,
    documentBytes: config.documentCacheBytes,
    ...protection,
    steps: openSteps({ config, redis, now, observers, protection, plans }),
  });
  await apollo.start();
  stack.add('graphql', () => apollo.stop());

  const http = await serve({
    config,
    authenticate: await openAuthentication({ config, now, observers, metrics, stack, redis }),
    toClientError,
    observers,
    apollo,
    manifest,
    load,
    metrics: gatewayMetrics,
    redis,
  });
  stack.add('http server', () => http.stop());
  phase = 'ready';
  log.info({ url: http.url, adminUrl: admin.url }, 'gateway ready');
  const stop = () => {
    phase = 'stopping';
    return stack.stop();
  };
  return { url: http.url, adminUrl: admin.url, metrics, stop };
}

function openFanout(parts: {
  config: GatewayConfig;
  protection: Protection;
  observers: Observers;
  metrics: Metrics;
  stack: StopStack;
  entityCache: EntityCache | undefined;
}): Fanout {
  const { config, protection, observers, metrics, stack, entityCache } = parts;
  const fanout = createFanout({
    ...config.subgraphs,
    maxRpcCalls: protection.enforcedRpcCalls,
    shapeBytes: config.documentCacheBytes,
    observe: observers.subgraphCall,
    events: observers.fanout,
    entityCache,
    limitEntities(asked, scope) {
      for (const excess of protection.checkEntities(asked)) observers.tolerated(excess, scope);
    },
  });
  observeSubgraphs(metrics, fanout);
  stack.add('subgraph connections', () => fanout.stop());
  return fanout;
}

type ServingParts = {
  readonly config: GatewayConfig;
  readonly authenticate: Authenticate;
  readonly toClientError: ToClientError;
  readonly observers: Observers;
  readonly apollo: ApolloServer<GatewayContext>;
  readonly manifest: ManifestFiles;
  readonly load: LoadShedding;
  readonly metrics: GatewayMetrics;
  readonly redis: RedisConnection | undefined;
};

async function serve(parts: ServingParts): Promise<HttpServer> {
  const { config, authenticate, toClientError, observers, apollo, manifest, load, metrics, redis } = parts;
  return startHttpServer({
    ...config,
    toClientError,
    routes: config.appEnv === 'development' ? await loadGraphiql() : undefined,
    observe: observers.request,
    handleGraphql: createGraphqlHandler({
      apollo,
      requestTimeoutMs: config.requestTimeoutMs,
      showsPlans: config.appEnv === 'development' || config.appEnv === 'test',
      admit: load.admit,
      resolveDocument: createDocumentResolver({
        policy: config.persisted.policy,
        manifest: () => manifest.current(),
        automatic: createAutomaticQueries({ maxBytes: config.persisted.automaticBytes, redis }),
        observe: (verdict) => metrics.persisted.inc({ verdict }),
      }),
      trustedClients: createTrustedClients(config.persisted.trustedClients),
      authenticate,
    }),
  });
}

/** Undefined without REDIS_URL. */
function connectRedis({ redisUrl }: GatewayConfig, metrics: Metrics, stack: StopStack): RedisConnection | undefined {
  if (redisUrl === undefined) return undefined;
  const redis = openRedis({ url: redisUrl, name: 'nova-gateway', metrics });
  stack.add('redis', async () => redis.stop());
  return redis;
}

type Phase = 'starting' | 'ready' | 'stopping';

type PurgeRoutes = Readonly<Record<string, AdminRoute>>;

type AdminParts = { readonly phase: () => Phase; readonly load: LoadShedding; readonly purges: PurgeRoutes };

function startAdmin(config: GatewayConfig, metrics: Metrics, parts: AdminParts): Promise<AdminServer> {
  const { phase, load, purges } = parts;
  const check = () => {
    if (phase() !== 'ready') throw new Error(`the gateway is ${phase()}`);
  };
  const { adminHost: host, adminPort: port } = config;
  return startAdminServer({
    host,
    port,
    metrics,
    checks: [
      { name: 'gateway', check },
      { name: 'load', check: load.check },
    ],
    routes: purges,
  });
}

/** What subgraphs say is everybody's, and the page where whoever knows the token purges it. */
function openCache(
  { entityCache: options }: GatewayConfig,
  { redis, observers, now }: { redis: RedisConnection | undefined; observers: Observers; now: () => number },
): { readonly entityCache: EntityCache | undefined; readonly purges: PurgeRoutes } {
  if (!options) return { entityCache: undefined, purges: {} };
  const { maxBytes, purgeToken: token } = options;
  const store = redis ? createCacheRedis(redis.client) : createCacheMemory({ maxBytes, now });
  const { entityCache: events, purged } = observers;
  return {
    entityCache: createEntityCache({ ...options, store, events }),
    purges: token === undefined ? {} : { '/purge': createPurgeRoute({ token, purge: store.purge, purged }) },
  };
}

async function openAuthentication(parts: {
  config: GatewayConfig;
  now: () => number;
  observers: Observers;
  metrics: Metrics;
  stack: StopStack;
  redis: RedisConnection | undefined;
}): Promise<Authenticate> {
  const { config, now, observers, metrics, stack, redis } = parts;
  const { jwksUrl, identityPrivateKey, revocations: options } = config.auth;
  const sign = createIdentitySigner(identityPrivateKey);
  const revocations = await openRevocations({
    ...options,
    identity: () => sign(anonymous),
    now,
    events: observers.revocations,
  });
  stack.add('revocations', () => revocations.stop());
  if (redis) {
    const stopHearing = hearEndedSessions(redis, revocations.add);
    stack.add('ended sessions', async () => stopHearing());
  }
  observeRevocations(metrics, revocations);
  const { requireCurrent } = revocations;
  return createAuthenticate({ keys: createAccessTokenKeys(jwksUrl, now), sign, requireCurrent, now });
}

/** Nova's own execution, or the stock one of @apollo/gateway to compare with. */
function servedGateway(gateway: ApolloGateway, { engine }: GatewayConfig, fanout: Fanout) {
  return engine === 'apollo' ? gateway : withFanout(gateway, fanout);
}

function createApolloGateway(parts: {
  config: GatewayConfig;
  log: Logger;
  fanout: Fanout;
  observers: Observers;
  open: (supergraph: string) => Promise<LoadedSupergraph>;
}): ApolloGateway {
  const { config, log, fanout, observers, open } = parts;
  disableVendorTelemetry();
  return new ApolloGateway({
    logger: log.child({}, { level: 'warn' }),
    __exposeQueryPlanExperimental: false,
    queryPlannerConfig: { cache: planOfRequest },
    buildService: (definition) => fanout.dataSource(definition),
    supergraphSdl: createSupergraphManager({
      file: config.supergraphFile,
      pollMs: config.filePollMs,
      open,
      events: {
        ...observers.supergraph,
        loaded(supergraph) {
          fanout.retain(supergraph.subgraphs);
          observers.supergraph.loaded(supergraph);
          warnOfMisspelling(supergraph.subgraphs, config.subgraphs, log);
        },
      },
    }),
  });
}

/** What happens to an operation before it is executed, in order. */
function openSteps(parts: {
  config: GatewayConfig;
  redis: RedisConnection | undefined;
  now: () => number;
  observers: Observers;
  protection: Protection;
  plans: PlanSource;
}): OperationStep[] {
  const { config, redis, now, observers, protection, plans } = parts;
  const rateLimits = createRateLimits({ ...config.rateLimits, redis, now, events: observers.rateLimits });
  const idempotency = createIdempotency({
    ...config.idempotency,
    store: redis ? createRedisStore(redis.client) : createMemoryStore({ maxBytes: config.idempotency.cacheBytes }),
    events: observers.idempotency,
  });
  return [
    protectionStep(protection, observers.tolerated),
    accessStep(createOperationAccess()),
    rateLimitStep(rateLimits),
    idempotencyStep(idempotency),
    planningStep(plans),
    planPictureStep,
    planBudgetStep(protection, observers.tolerated),
  ];
}

function operationsOf(manifest: Manifest): PlannedOperation[] {
  return [...manifest.values()].map(({ id, body }) => ({ query: body, queryHash: id }));
}

function warnOfMisspelling(
  subgraphs: ReadonlyArray<{ readonly name: string }>,
  { urls, table }: GatewayConfig['subgraphs'],
  log: Logger,
): void {
  const named = { SUBGRAPH_URLS: [...urls.keys()], SUBGRAPHS_FILE: table.named };
  for (const [setting, names] of Object.entries(named)) {
    const unknown = names.filter((name) => !subgraphs.some((subgraph) => subgraph.name === name));
    if (unknown.length > 0)
      log.warn({ subgraphs: unknown }, `${setting} names subgraphs that the supergraph does not have`);
  }
}
