import { commonSettings, readKeyFile, readSettings, type SettingValues, setting } from '@nova/runtime';

export const settings = {
  ...commonSettings,
  GRAPHQL_PORT: setting.integer({ default: 4020, max: 65_535, description: 'Port of the GraphQL endpoint.' }),
  ADMIN_PORT: setting.integer({ default: 4022, max: 65_535, description: 'Port of /livez, /readyz and /metrics.' }),
  DATABASE_URL: setting.url({
    description: "PostgreSQL, as the domain's own role; may go through a transaction pooler.",
  }),
  DATABASE_POOL_MAX: setting.integer({ default: 10, min: 1, max: 100, description: 'Most connections of the pool.' }),
  IDENTITY_GRPC_URL: setting.string({ default: '127.0.0.1:4011', description: 'host:port of the identity service.' }),
  IDENTITY_PUBLIC_KEY_FILE: setting.string({
    description: "PEM file of the gateway's public key; identities it did not sign are refused.",
  }),
};

export type Config = ReturnType<typeof toConfig>;

export function readEnv(env: NodeJS.ProcessEnv): SettingValues<typeof settings> {
  return readSettings(settings, env);
}

/** Reads the key file; throws when it is missing. */
export function toConfig(env: SettingValues<typeof settings>) {
  return {
    appEnv: env.APP_ENV,
    logLevel: env.LOG_LEVEL,
    host: env.HOST,
    ports: { graphql: env.GRAPHQL_PORT, admin: env.ADMIN_PORT },
    database: { url: env.DATABASE_URL, poolMax: env.DATABASE_POOL_MAX },
    identityAddress: env.IDENTITY_GRPC_URL,
    identityPublicKey: readKeyFile('IDENTITY_PUBLIC_KEY_FILE', env.IDENTITY_PUBLIC_KEY_FILE, env.APP_ENV),
  };
}
