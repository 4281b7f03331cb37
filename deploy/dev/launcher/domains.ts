import { join } from 'node:path';
import { eventLogSchema } from '@nova/postgres';
import { domainNames, domainPorts } from '@nova/schema';
import type { Keys } from './keys.ts';
import type { ProcessSpec } from './node-process.ts';
import type { LauncherOptions } from './options.ts';

export type DomainContext = {
  readonly options: LauncherOptions;
  readonly keys: Keys;
  databaseUrl(domain: string): string;
  /** Of the Kafka and the Redis that run beside the rest, where they were asked for. */
  readonly kafkaBrokers: string | undefined;
  readonly redisUrl: string | undefined;
};

/** Where media keeps objects. */
export function mediaDirectory({ dataDir }: Pick<LauncherOptions, 'dataDir'>): string {
  return join(dataDir, 'media');
}

const loopback = '127.0.0.1';
const poolMax = 5;
const subgraphHeapMb = 192;
const gatewayHeapMb = 512;
/** Answers under way fill V8's own 16 MB, and would be copied on and on. */
const gatewaySemiSpaceMb = 64;

/** The program that brings the event log's schema up to date; it comes before the domains' own. */
export function eventLogMigration(context: DomainContext): ProcessSpec {
  return {
    name: 'migration of the event log',
    entry: 'packages/events/bin/migrate.ts',
    env: { ...commonEnv(context), DATABASE_DIRECT_URL: context.databaseUrl(eventLogSchema) },
  };
}

/** The program that brings a domain's schema up to date. */
export function migrationOf(domain: string, context: DomainContext): ProcessSpec {
  return {
    name: `migration of ${domain}`,
    entry: `subgraphs/${domain}/src/bin/migrate.ts`,
    env: { ...commonEnv(context), DATABASE_DIRECT_URL: context.databaseUrl(domain) },
  };
}

export function subgraphSpec(domain: string, context: DomainContext): ProcessSpec {
  const { keys, kafkaBrokers, options } = context;
  const ports = domainPorts(domain, options.port);
  return {
    name: domain,
    entry: `subgraphs/${domain}/src/bin/main.ts`,
    heapMb: subgraphHeapMb,
    env: {
      ...commonEnv(context),
      HOST: loopback,
      GRAPHQL_PORT: String(ports.graphql),
      GRPC_PORT: String(ports.grpc),
      ADMIN_PORT: String(ports.admin),
      DATABASE_URL: context.databaseUrl(domain),
      DATABASE_DIRECT_URL: context.databaseUrl(domain),
      DATABASE_POOL_MAX: String(poolMax),
      IDENTITY_PUBLIC_KEY_FILE: keys.identityPublicFile,
      SERVICE_KEY_FILE: keys.serviceFile,
      ...(kafkaBrokers ? { KAFKA_BROKERS: kafkaBrokers } : {}),
      ...grpcUrls(options.port),
      ...ownEnv(domain, context),
    },
  };
}

function ownEnv(domain: string, { keys, options }: DomainContext): Record<string, string> {
  if (domain === 'identity')
    return { ACCESS_TOKEN_KEY_FILE: keys.accessTokenFile, SECOND_FACTOR_KEY_FILE: keys.secondFactorKeyFile };
  if (domain === 'media')
    return {
      MEDIA_DIRECTORY: mediaDirectory(options),
      MEDIA_SIGNING_KEY_FILE: keys.mediaSigningFile,
      STREAM_CALLBACK_KEY_FILE: keys.streamCallbackFile,
    };
  // What made-up people were told of is as old as what they did.
  if (domain === 'communication') return { NOTIFICATION_RETENTION_DAYS: '36500' };
  if (domain === 'events')
    return {
      GATEWAY_PURGE_URLS: `http://${loopback}:${options.port + 1}`,
      PURGE_TOKEN_FILE: keys.purgeTokenFile,
    };
  return {};
}

/** Where each domain's gRPC services are, for those that ask them. */
function grpcUrls(basePort: number): Record<string, string> {
  const addressOf = (domain: string) => `${loopback}:${domainPorts(domain, basePort).grpc}`;
  return Object.fromEntries(domainNames.map((domain) => [`${domain.toUpperCase()}_GRPC_URL`, addressOf(domain)]));
}

export function gatewaySpec(domains: readonly string[], context: DomainContext): ProcessSpec {
  const { keys, options } = context;
  const graphqlUrl = (domain: string) => `http://${loopback}:${domainPorts(domain, options.port).graphql}`;
  return {
    name: 'gateway',
    entry: 'gateway/src/bin/server.ts',
    heapMb: gatewayHeapMb,
    semiSpaceMb: gatewaySemiSpaceMb,
    env: {
      ...commonEnv(context),
      HOST: options.host,
      PORT: String(options.port),
      WORKERS: String(options.workers),
      ADMIN_HOST: loopback,
      ADMIN_PORT: String(options.port + 1),
      SUBGRAPH_URLS: domains.map((domain) => `${domain}=${graphqlUrl(domain)}/graphql`).join(','),
      JWKS_URL: `${graphqlUrl('identity')}/.well-known/jwks.json`,
      REVOCATIONS_URL: `${graphqlUrl('identity')}/revoked-sessions`,
      IDENTITY_PRIVATE_KEY_FILE: keys.identityPrivateFile,
      PURGE_TOKEN_FILE: keys.purgeTokenFile,
      // Ctrl-C should not wait for a request that hangs.
      DRAIN_TIMEOUT_MS: '3000',
    },
  };
}

function commonEnv({ options, redisUrl }: DomainContext): Record<string, string> {
  return {
    APP_ENV: 'development',
    ...(redisUrl ? { REDIS_URL: redisUrl } : {}),
    ...(options.verbose ? { LOG_LEVEL: 'debug' } : {}),
  };
}
