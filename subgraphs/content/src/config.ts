import { readCacheSettings, toReadCacheSettings } from '@nova/cache';
import { readSettings, type SettingValues } from '@nova/runtime';
import { peerSettings, subgraphSettings, toSubgraphConfig } from '@nova/subgraph';

export const settings = {
  ...subgraphSettings('content'),
  ...peerSettings('identity', 'social', 'media'),
  ...readCacheSettings,
};

export type Config = ReturnType<typeof toConfig>;

export function readEnv(env: NodeJS.ProcessEnv): SettingValues<typeof settings> {
  return readSettings(settings, env);
}

/** Throws ConfigError when the key file cannot be used. */
export function toConfig(env: SettingValues<typeof settings>) {
  return {
    ...toSubgraphConfig('content', env),
    identityAddress: env.IDENTITY_GRPC_URL,
    socialAddress: env.SOCIAL_GRPC_URL,
    mediaAddress: env.MEDIA_GRPC_URL,
    caches: toReadCacheSettings(env),
  };
}
