import { readCacheSettings, toReadCacheSettings } from '@nova/cache';
import { readSettings, type SettingValues, setting } from '@nova/runtime';
import { peerSettings, subgraphSettings, toSubgraphConfig } from '@nova/subgraph';

export const settings = {
  ...subgraphSettings('user'),
  ...peerSettings('identity', 'social', 'media'),
  ...readCacheSettings,
  STORAGE_LIMIT_BYTES: setting.integer({
    default: 1_073_741_824,
    description: 'Storage that each user may take for media, in bytes. Less than is in use takes nothing away.',
  }),
};

export type Config = ReturnType<typeof toConfig>;

export function readEnv(env: NodeJS.ProcessEnv): SettingValues<typeof settings> {
  return readSettings(settings, env);
}

/** Throws ConfigError when the key file cannot be used. */
export function toConfig(env: SettingValues<typeof settings>) {
  return {
    ...toSubgraphConfig('user', env),
    identityAddress: env.IDENTITY_GRPC_URL,
    socialAddress: env.SOCIAL_GRPC_URL,
    mediaAddress: env.MEDIA_GRPC_URL,
    caches: toReadCacheSettings(env),
    storageLimitBytes: BigInt(env.STORAGE_LIMIT_BYTES),
  };
}
