import { type commonSettings, readTokenFile, type SettingValues, setting } from '@nova/runtime';

/** A day. */
const maxSeconds = 86_400;

export const entityCacheSettings = {
  ENTITY_CACHE: setting.oneOf(['on', 'off'], {
    default: 'on',
    description:
      'Whether what subgraphs say is everybody’s (cache-control) is kept: in Redis with REDIS_URL, else in this process.',
  }),
  ENTITY_CACHE_BYTES: setting.integer({
    default: 33_554_432,
    min: 1,
    description: 'Memory for it, without REDIS_URL; what was unused for longest goes first.',
  }),
  ENTITY_CACHE_MAX_AGE_SECONDS: setting.integer({
    default: 3_600,
    min: 1,
    max: maxSeconds,
    description: 'Longest that it is kept, whatever a subgraph says.',
  }),
  ENTITY_CACHE_STALE_SECONDS: setting.integer({
    default: 300,
    max: maxSeconds,
    description: 'How much longer it stands in for a service that is away, unless it was purged.',
  }),
  ENTITY_CACHE_TIMEOUT_MS: setting.integer({
    default: 50,
    min: 1,
    max: 10_000,
    description: 'How long Redis may take to say what it has; after that the subgraph is asked.',
  }),
  PURGE_TOKEN_FILE: setting.string({
    optional: true,
    description:
      'File of the token with which POST /purge of the admin port takes purges of the cache. Without it there is no such page; with REDIS_URL nobody needs it.',
  }),
};

export type EntityCacheOptions = {
  readonly maxAgeSeconds: number;
  readonly staleSeconds: number;
  readonly timeoutMs: number;
};

/** Undefined when it is off. Throws ConfigError for a token file that cannot be used. */
export function toEntityCache(flat: SettingValues<typeof entityCacheSettings & typeof commonSettings>) {
  if (flat.ENTITY_CACHE === 'off') return undefined;
  const file = flat.PURGE_TOKEN_FILE;
  return {
    maxBytes: flat.ENTITY_CACHE_BYTES,
    maxAgeSeconds: flat.ENTITY_CACHE_MAX_AGE_SECONDS,
    staleSeconds: flat.ENTITY_CACHE_STALE_SECONDS,
    timeoutMs: flat.ENTITY_CACHE_TIMEOUT_MS,
    purgeToken: file === undefined ? undefined : readTokenFile('PURGE_TOKEN_FILE', file, flat.APP_ENV),
  };
}
