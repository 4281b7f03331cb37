import { ApolloGateway } from '@apollo/gateway';
import { type PlanSummary, summarizePlan } from '@nova/federation';
import {
  type AdminServer,
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
import { disableVendorTelemetry, type GatewayConfig } from './config.ts';
import { createFanout, type Fanout } from './fanout/fanout.ts';
import { createApollo } from './http/apollo.ts';
import { createToClientError } from './http/client-error.ts';
import { loadGraphiql } from './http/graphiql.ts';
import { createGraphqlHandler } from './http/graphql-handler.ts';
import type { GatewayContext } from './http/request-scope.ts';
import { startHttpServer } from './http/server.ts';
import { openManifestFile } from './persisted/manifest-file.ts';
import { createDocumentResolver } from './persisted/resolve-document.ts';
import { createProtection } from './protection/index.ts';
import { createSupergraphManager } from './supergraph/supergraph-manager.ts';
import { createGatewayMetrics } from './telemetry/gateway-metrics.ts';
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
  const admin = await startAdmin(config, metrics, () => phase);
  stack.add('admin server', () => admin.stop());

  let knownOperations: ReadonlySet<string> = new Set();
  const observers = createObservers({
    log,
    metrics: gatewayMetrics,
    isKnownOperation: (it) => knownOperations.has(it),
  });
  const fanout = createFanout({ ...config.subgraphs, observe: observers.subgraphCall });
  stack.add('subgraph connections', () => fanout.stop());

  const manifest = await openManifestFile({
    file: config.persisted.manifestFile,
    pollMs: config.filePollMs,
    events: {
      ...observers.manifest,
      loaded(operations) {
        knownOperations = new Set([...operations.values()].map(({ name }) => name));
        observers.manifest.loaded(operations);
      },
    },
  });
  stack.add('persisted manifest', () => manifest.stop());

  const toClientError = createToClientError({ log, suggestions: development });
  const { plugin, ...protection } = createProtection(config.limits);
  const apollo = createApollo({
    gateway: createApolloGateway({ config, log, fanout, observers }),
    log: log.child({}, { level: 'warn' }),
    toClientError,
    introspection: development,
    ...protection,
    plugins: [plugin],
  });
  await apollo.start();
  stack.add('graphql', () => apollo.stop());

  const http = await startHttpServer({
    ...config,
    toClientError,
    routes: development ? await loadGraphiql() : undefined,
    observe: observers.request,
    handleGraphql: createGraphqlHandler({
      apollo,
      requestTimeoutMs: config.requestTimeoutMs,
      resolveDocument: createDocumentResolver({
        policy: config.persisted.policy,
        manifest: () => manifest.current(),
        observe: (verdict) => gatewayMetrics.persisted.inc({ verdict }),
      }),
      authenticate: openAuthentication(config, overrides.now ?? Date.now),
    }),
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

type Phase = 'starting' | 'ready' | 'stopping';

function startAdmin(config: GatewayConfig, metrics: Metrics, phase: () => Phase): Promise<AdminServer> {
  const check = () => {
    if (phase() !== 'ready') throw new Error(`the gateway is ${phase()}`);
  };
  const { adminHost: host, adminPort: port } = config;
  return startAdminServer({ host, port, metrics, checks: [{ name: 'gateway', check }] });
}

function openAuthentication({ auth }: GatewayConfig, now: () => number): Authenticate {
  return createAuthenticate({
    keys: createAccessTokenKeys(auth.jwksUrl, now),
    sign: createIdentitySigner(auth.identityPrivateKey),
    now,
  });
}

function createApolloGateway(parts: {
  config: GatewayConfig;
  log: Logger;
  fanout: Fanout;
  observers: Observers;
}): ApolloGateway {
  const { config, log, fanout, observers } = parts;
  disableVendorTelemetry();
  const summaries = new WeakMap<object, PlanSummary>();
  return new ApolloGateway({
    logger: log.child({}, { level: 'warn' }),
    __exposeQueryPlanExperimental: false,
    queryPlannerConfig: { debug: { maxEvaluatedPlans: 1_000 } },
    buildService: (definition) => fanout.dataSource(definition),
    supergraphSdl: createSupergraphManager({
      file: config.supergraphFile,
      pollMs: config.filePollMs,
      events: {
        ...observers.supergraph,
        loaded(supergraph) {
          fanout.retain(supergraph.subgraphs);
          observers.supergraph.loaded(supergraph);
          warnOfMisspelling(supergraph.subgraphs, config.subgraphs.urls, log);
        },
      },
    }),
    experimental_didResolveQueryPlan({ queryPlan, requestContext }) {
      const { request } = requestContext.context as GatewayContext;
      let summary = summaries.get(queryPlan);
      if (!summary) {
        summary = summarizePlan(queryPlan);
        summaries.set(queryPlan, summary);
      }
      request.stats.waves = summary.waves;
    },
  });
}

function warnOfMisspelling(
  subgraphs: ReadonlyArray<{ readonly name: string }>,
  urls: ReadonlyMap<string, string>,
  log: Logger,
): void {
  const unknown = [...urls.keys()].filter((name) => !subgraphs.some((subgraph) => subgraph.name === name));
  if (unknown.length > 0)
    log.warn({ subgraphs: unknown }, 'SUBGRAPH_URLS names subgraphs that the supergraph does not have');
}
