import { readCacheSettings, toReadCacheSettings } from '@nova/cache';
import { readSettings, type SettingValues, setting } from '@nova/runtime';
import { peerSettings, subgraphSettings, toSubgraphConfig } from '@nova/subgraph';

export const settings = {
  ...subgraphSettings('social'),
  ...peerSettings('identity', 'content'),
  ...readCacheSettings,
  FEED_PUSH_MAX_FOLLOWERS: setting.integer({
    default: 1_000,
    max: 100_000,
    description:
      'A new post is written to the timelines of all followers of an author who has at most so many; else it is merged when they read.',
  }),
  FEED_LENGTH: setting.integer({
    default: 800,
    min: 1,
    max: 10_000,
    description: 'So many of the newest posts are kept for each timeline and each author.',
  }),
};

export type Config = ReturnType<typeof toConfig>;

export function readEnv(env: NodeJS.ProcessEnv): SettingValues<typeof settings> {
  return readSettings(settings, env);
}

/** Throws ConfigError when the key file cannot be used. */
export function toConfig(env: SettingValues<typeof settings>) {
  return {
    ...toSubgraphConfig('social', env),
    identityAddress: env.IDENTITY_GRPC_URL,
    contentAddress: env.CONTENT_GRPC_URL,
    caches: toReadCacheSettings(env),
    feed: { pushMaxFollowers: env.FEED_PUSH_MAX_FOLLOWERS, length: env.FEED_LENGTH },
  };
}
