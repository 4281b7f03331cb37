import { redisSettings } from '@nova/cache';
import { ConfigError, readSettings, readTokenFile, type SettingValues, setting } from '@nova/runtime';
import { peerSettings, subgraphSettings, toSubgraphConfig } from '@nova/subgraph';

export const settings = {
  ...subgraphSettings('events'),
  ...peerSettings('identity', 'user', 'content', 'social', 'media', 'communication', 'search', 'events'),
  ...redisSettings,
  AUDIT_RETENTION_MONTHS: setting.integer({
    default: 13,
    min: 1,
    max: 120,
    description:
      'Whole months that the audit trail is kept besides the current one; then their partitions are dropped.',
  }),
  GATEWAY_PURGE_URLS: setting.list({
    description:
      'Admin ports of the gateways, as http://one:4001,http://other:4001: without REDIS_URL each keeps a cache of its own and is told there what to purge.',
  }),
  PURGE_TOKEN_FILE: setting.string({
    optional: true,
    description: 'File of the token that the gateways want for that.',
  }),
};

export type Config = ReturnType<typeof toConfig>;

/** Where gateways keep what has to be purged. */
export type CacheLocation =
  | { readonly kind: 'redis'; readonly url: string }
  | { readonly kind: 'gateways'; readonly urls: readonly string[]; readonly token: string };

export function readEnv(env: NodeJS.ProcessEnv): SettingValues<typeof settings> {
  return readSettings(settings, env);
}

/** Throws ConfigError when a key or token file cannot be used. */
export function toConfig(env: SettingValues<typeof settings>) {
  return {
    ...toSubgraphConfig('events', env),
    cache: cacheLocation(env),
    auditRetentionMonths: env.AUDIT_RETENTION_MONTHS,
    domainAddresses: domainAddresses(env),
  };
}

/** Where each domain serves its dead letters. */
function domainAddresses(env: SettingValues<typeof settings>): Readonly<Record<string, string>> {
  return {
    identity: env.IDENTITY_GRPC_URL,
    user: env.USER_GRPC_URL,
    content: env.CONTENT_GRPC_URL,
    social: env.SOCIAL_GRPC_URL,
    media: env.MEDIA_GRPC_URL,
    communication: env.COMMUNICATION_GRPC_URL,
    search: env.SEARCH_GRPC_URL,
    events: env.EVENTS_GRPC_URL,
  };
}

/** Undefined where nothing is said of any. */
function cacheLocation(env: SettingValues<typeof settings>): CacheLocation | undefined {
  if (env.REDIS_URL !== undefined) return { kind: 'redis', url: env.REDIS_URL };
  const urls = env.GATEWAY_PURGE_URLS;
  if (urls.length === 0) return undefined;
  const problems = urls
    .filter((url) => !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    .map((url) => `GATEWAY_PURGE_URLS has "${url}", which is no http URL`);
  if (env.PURGE_TOKEN_FILE === undefined) problems.push('GATEWAY_PURGE_URLS needs PURGE_TOKEN_FILE');
  if (problems.length > 0 || env.PURGE_TOKEN_FILE === undefined) throw new ConfigError(problems);
  return { kind: 'gateways', urls, token: readTokenFile('PURGE_TOKEN_FILE', env.PURGE_TOKEN_FILE, env.APP_ENV) };
}
