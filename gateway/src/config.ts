import { redisSettings } from '@nova/cache';
import {
  type AppEnv,
  ConfigError,
  commonSettings,
  type LogLevel,
  readSettings,
  type SettingValues,
  setting,
} from '@nova/runtime';
import ipaddr from 'ipaddr.js';
import { type AuthOptions, authSettings, toAuth } from './auth/settings.ts';
import { entityCacheSettings, toEntityCache } from './fanout/entity-cache/settings.ts';
import { type SubgraphOptions, subgraphSettings, toSubgraphs } from './fanout/settings.ts';
import { idempotencySettings, toIdempotency } from './idempotency/settings.ts';
import { type PersistedOptions, persistedSettings, toPersisted } from './persisted/settings.ts';
import type { ProtectionOptions } from './protection/index.ts';
import type { LoadLimits } from './protection/load-shedding.ts';
import { protectionSettings, toProtection } from './protection/settings.ts';
import type { RateLimitOptions } from './rate-limits/rate-limits.ts';
import { rateLimitSettings, toRateLimits } from './rate-limits/settings.ts';

/** Ten minutes. Node takes a timer of more than 24 days for one of a millisecond. */
const maxTimeMs = 600_000;

/** Operations that wait to be planned, at most. */
const maxWaitingPlans = 200;

const engines = ['nova', 'apollo'] as const;

export const settings = {
  ...commonSettings,
  ...redisSettings,
  PORT: setting.integer({ default: 4000, max: 65_535, description: 'Port of GraphQL (and GraphiQL in development).' }),
  WORKERS: setting.integer({
    default: 1,
    min: 1,
    max: 64,
    description:
      'Processes that serve, one for each processor at most; several need REDIS_URL, where they keep their limits together.',
  }),
  ADMIN_PORT: setting.integer({
    default: 4001,
    max: 65_535,
    description: 'Private port of /livez, /readyz and /metrics.',
  }),
  ADMIN_HOST: setting.string({
    default: '127.0.0.1',
    description: 'Address of that port; wider only where nobody but probes and scrapers can reach it.',
  }),
  SUPERGRAPH_FILE: setting.string({
    default: 'schema/supergraph.graphql',
    description: 'The composed supergraph; a change on disk is served without a restart.',
  }),
  FILE_POLL_MS: setting.integer({
    default: 500,
    min: 10,
    max: maxTimeMs,
    description: 'How often the supergraph and the manifest are looked at for a change.',
  }),
  ...persistedSettings,
  ...subgraphSettings,
  ...entityCacheSettings,
  ...authSettings,
  GATEWAY_ENGINE: setting.oneOf(engines, {
    default: 'nova',
    description: 'What runs query plans: Nova, or @apollo/gateway to compare with.',
  }),
  REQUEST_TIMEOUT_MS: setting.integer({
    default: 30_000,
    min: 1,
    max: maxTimeMs,
    description: 'Time a whole request may take.',
  }),
  DRAIN_TIMEOUT_MS: setting.integer({
    default: 30_000,
    max: maxTimeMs,
    description: 'Time that requests under way get to finish when the gateway stops.',
  }),
  SHUTDOWN_DELAY_MS: setting.integer({
    optional: true,
    max: maxTimeMs,
    description:
      'Time for which a gateway that is told to stop serves on while it says that it is not ready, for whoever sends it requests to notice. Unset it is 0 in development and test, else 5000.',
  }),
  CORS_ORIGINS: setting.list({
    description:
      'Origins of web pages that may call the gateway from a browser, as https://one,https://other; * for any.',
  }),
  MAX_BODY_BYTES: setting.integer({ default: 1_048_576, min: 1, description: 'Largest request body.' }),
  MAX_HEADERS: setting.integer({ default: 64, min: 1, description: 'Headers of a request, at most.' }),
  ...protectionSettings,
  ...rateLimitSettings,
  TRUSTED_PROXIES: setting.list({
    description:
      'Proxies whose x-forwarded-for names the client, as addresses or networks (10.0.0.0/8); without them the peer is the client.',
  }),
  ...idempotencySettings,
  MAX_RUNNING_REQUESTS: setting.integer({
    default: 100,
    min: 1,
    description: 'GraphQL requests at work at the same time; more wait.',
  }),
  MAX_QUEUED_REQUESTS: setting.integer({
    default: 200,
    description: 'GraphQL requests that wait, at most; more are refused with OVERLOADED.',
  }),
  MAX_EVENT_LOOP_LAG_MS: setting.integer({
    default: 250,
    min: 1,
    max: maxTimeMs,
    description: 'How late the event loop may be before requests are refused and the gateway is not ready.',
  }),
  PLAN_TIMEOUT_MS: setting.integer({
    default: 250,
    min: 1,
    max: maxTimeMs,
    description: 'Processor time that planning one operation may take; after it the operation is refused.',
  }),
  PLAN_THREADS: setting.integer({ default: 2, min: 1, max: 16, description: 'Threads that plan operations.' }),
  PLAN_CACHE_BYTES: setting.integer({
    default: 33_554_432,
    min: 1,
    description: 'Memory for remembered plans; those unused for longest go first.',
  }),
  DOCUMENT_CACHE_BYTES: setting.integer({
    default: 33_554_432,
    min: 1,
    description:
      'Memory for operations that were parsed and found valid, and as much again for the shapes of their answers; those unused for longest go first.',
  }),
};

export type GatewaySettings = SettingValues<typeof settings>;

export type GatewayConfig = {
  readonly appEnv: AppEnv;
  /** Processes that serve. */
  readonly workers: number;
  readonly redisUrl: string | undefined;
  readonly logLevel: LogLevel;
  readonly engine: (typeof engines)[number];
  readonly host: string;
  readonly port: number;
  readonly adminHost: string;
  readonly adminPort: number;
  readonly maxBodyBytes: number;
  readonly maxHeaders: number;
  readonly corsOrigins: readonly string[];
  readonly requestTimeoutMs: number;
  readonly drainTimeoutMs: number;
  /** Between not being ready and listening no more. */
  readonly shutdownDelayMs: number;
  readonly filePollMs: number;
  readonly supergraphFile: string;
  readonly persisted: PersistedOptions;
  readonly subgraphs: SubgraphOptions;
  /** Undefined when it is off. */
  readonly entityCache: ReturnType<typeof toEntityCache>;
  readonly auth: AuthOptions;
  readonly limits: ProtectionOptions;
  readonly load: LoadLimits;
  readonly rateLimits: RateLimitOptions;
  readonly trustedProxies: readonly string[];
  readonly idempotency: ReturnType<typeof toIdempotency>;
  readonly planning: {
    readonly timeLimitMs: number;
    readonly threads: number;
    readonly maxWaiting: number;
    readonly cacheBytes: number;
  };
  /** For documents, and as much again for the shapes of their answers. */
  readonly documentCacheBytes: number;
};

export function readEnv(env: NodeJS.ProcessEnv): GatewaySettings {
  return readSettings(settings, env);
}

/** Reads the key file; throws ConfigError when it is missing or not fit for APP_ENV. */
export function toConfig(flat: GatewaySettings): GatewayConfig {
  const lenient = flat.APP_ENV === 'development' || flat.APP_ENV === 'test';
  return {
    appEnv: flat.APP_ENV,
    workers: checkWorkers(flat),
    redisUrl: flat.REDIS_URL,
    logLevel: flat.LOG_LEVEL,
    engine: flat.GATEWAY_ENGINE,
    host: flat.HOST,
    port: flat.PORT,
    adminHost: flat.ADMIN_HOST,
    adminPort: flat.ADMIN_PORT,
    maxBodyBytes: flat.MAX_BODY_BYTES,
    maxHeaders: flat.MAX_HEADERS,
    corsOrigins: checkOrigins(flat.CORS_ORIGINS),
    requestTimeoutMs: flat.REQUEST_TIMEOUT_MS,
    drainTimeoutMs: flat.DRAIN_TIMEOUT_MS,
    shutdownDelayMs: flat.SHUTDOWN_DELAY_MS ?? (lenient ? 0 : 5_000),
    filePollMs: flat.FILE_POLL_MS,
    supergraphFile: flat.SUPERGRAPH_FILE,
    persisted: toPersisted(flat, lenient),
    subgraphs: toSubgraphs(flat),
    entityCache: toEntityCache(flat),
    auth: toAuth(flat),
    load: {
      maxRunning: flat.MAX_RUNNING_REQUESTS,
      maxQueued: flat.MAX_QUEUED_REQUESTS,
      maxLagMs: flat.MAX_EVENT_LOOP_LAG_MS,
    },
    rateLimits: toRateLimits(flat),
    trustedProxies: checkNetworks(flat.TRUSTED_PROXIES),
    idempotency: toIdempotency(flat, lenient),
    planning: {
      timeLimitMs: flat.PLAN_TIMEOUT_MS,
      threads: flat.PLAN_THREADS,
      maxWaiting: maxWaitingPlans,
      cacheBytes: flat.PLAN_CACHE_BYTES,
    },
    documentCacheBytes: flat.DOCUMENT_CACHE_BYTES,
    limits: toProtection(flat),
  };
}

function checkWorkers({ WORKERS: workers, REDIS_URL: redisUrl }: GatewaySettings): number {
  if (workers > 1 && redisUrl === undefined)
    throw new ConfigError([
      `WORKERS is ${workers} without REDIS_URL: each worker would count quotas and remember idempotency keys by itself`,
    ]);
  return workers;
}

function checkOrigins(origins: readonly string[]): readonly string[] {
  const problems = origins
    .filter((origin) => origin !== '*' && (!URL.canParse(origin) || new URL(origin).origin !== origin))
    .map((origin) => `CORS_ORIGINS has "${origin}", which is not an origin such as https://example.org`);
  if (problems.length > 0) throw new ConfigError(problems);
  return origins;
}

function checkNetworks(networks: readonly string[]): readonly string[] {
  const problems = networks
    .filter((network) => !ipaddr.isValid(network) && !ipaddr.isValidCIDR(network))
    .map((network) => `TRUSTED_PROXIES has "${network}", which is neither an address nor a network`);
  if (problems.length > 0) throw new ConfigError(problems);
  return networks;
}

/** Keeps @apollo/gateway from sending deployment telemetry to its vendor; it looks at the environment when it is made. */
export function disableVendorTelemetry(): void {
  // biome-ignore lint/style/noProcessEnv: the package offers no other switch.
  process.env.APOLLO_TELEMETRY_DISABLED = '1';
}
