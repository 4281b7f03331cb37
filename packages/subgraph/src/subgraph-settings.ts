import { kafkaSettings, toKafkaOptions } from '@nova/events';
import { rpcServerSettings, toRpcServerLimits } from '@nova/rpc';
import { commonSettings, readKeyFile, type Setting, type SettingValues, setting } from '@nova/runtime';
import { defaultBasePort, domainPorts } from '@nova/schema';

/** Settings that every subgraph's process has; its own stand beside them in its config.ts. */
export function subgraphSettings(domain: string) {
  const ports = domainPorts(domain, defaultBasePort);
  const port = (value: number, description: string) => setting.integer({ default: value, max: 65_535, description });
  return {
    ...commonSettings,
    GRAPHQL_PORT: port(ports.graphql, 'Port of the GraphQL endpoint.'),
    GRPC_PORT: port(ports.grpc, 'Port of the gRPC services, for a domain that has any.'),
    ADMIN_PORT: port(ports.admin, 'Port of /livez, /readyz and /metrics.'),
    DATABASE_URL: setting.url({
      description: "PostgreSQL, as the domain's own role; may go through a transaction pooler.",
    }),
    DATABASE_DIRECT_URL: setting.url({
      optional: true,
      description:
        'The same database and role without a transaction pooler, for the relay and the consumers, which hold locks of a session. Default: DATABASE_URL.',
    }),
    DATABASE_POOL_MAX: setting.integer({ default: 10, min: 1, max: 100, description: 'Most connections of the pool.' }),
    ...kafkaSettings,
    ...rpcServerSettings,
    IDENTITY_PUBLIC_KEY_FILE: setting.string({
      description: "PEM file of the gateway's public key; identities it did not sign are refused.",
    }),
    SERVICE_KEY_FILE: setting.string({
      description:
        'PEM file of the Ed25519 private key, the same for all services, with which they sign the gRPC calls that they make of their own accord, from consumers say.',
    }),
  };
}

/** Domains that others ask over gRPC. */
type Peer = 'identity' | 'user' | 'content' | 'social' | 'media' | 'communication' | 'search' | 'events';

/** Where a subgraph finds the gRPC services that it asks: `IDENTITY_GRPC_URL` and so on. */
export function peerSettings<const P extends Peer>(...peers: readonly P[]) {
  const entries = peers.map((peer) => [
    `${peer.toUpperCase()}_GRPC_URL`,
    setting.string({
      default: `127.0.0.1:${domainPorts(peer, defaultBasePort).grpc}`,
      description: `host:port of the ${peer} service.`,
    }),
  ]);
  return Object.fromEntries(entries) as { readonly [K in P as `${Uppercase<K>}_GRPC_URL`]: Setting<string> };
}

export type SubgraphConfig = ReturnType<typeof toSubgraphConfig>;

/** What every subgraph makes of those settings. Reads the key file; throws ConfigError when it cannot be used. */
export function toSubgraphConfig(domain: string, env: SettingValues<ReturnType<typeof subgraphSettings>>) {
  return {
    appEnv: env.APP_ENV,
    logLevel: env.LOG_LEVEL,
    host: env.HOST,
    ports: { graphql: env.GRAPHQL_PORT, grpc: env.GRPC_PORT, admin: env.ADMIN_PORT },
    database: { url: env.DATABASE_URL, poolMax: env.DATABASE_POOL_MAX },
    kafka: toKafkaOptions(env, { clientId: `nova-${domain}`, appEnv: env.APP_ENV }),
    rpc: toRpcServerLimits(env),
    directUrl: env.DATABASE_DIRECT_URL ?? env.DATABASE_URL,
    identityPublicKey: readKeyFile('IDENTITY_PUBLIC_KEY_FILE', env.IDENTITY_PUBLIC_KEY_FILE, env.APP_ENV),
    serviceKey: readKeyFile('SERVICE_KEY_FILE', env.SERVICE_KEY_FILE, env.APP_ENV),
  };
}
