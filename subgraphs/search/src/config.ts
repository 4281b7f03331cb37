import { readSettings, type SettingValues } from '@nova/runtime';
import { peerSettings, subgraphSettings, toSubgraphConfig } from '@nova/subgraph';

export const settings = { ...subgraphSettings('search'), ...peerSettings('user', 'content', 'social') };

export type Config = ReturnType<typeof toConfig>;

export function readEnv(env: NodeJS.ProcessEnv): SettingValues<typeof settings> {
  return readSettings(settings, env);
}

/** Throws ConfigError when the key file cannot be used. */
export function toConfig(env: SettingValues<typeof settings>) {
  return {
    ...toSubgraphConfig('search', env),
    addresses: { user: env.USER_GRPC_URL, content: env.CONTENT_GRPC_URL, social: env.SOCIAL_GRPC_URL },
  };
}
