import { readSettings, type SettingValues } from '@nova/runtime';
import { subgraphSettings, toSubgraphConfig } from '@nova/subgraph';

export const settings = { ...subgraphSettings('social') };

export type Config = ReturnType<typeof toConfig>;

export function readEnv(env: NodeJS.ProcessEnv): SettingValues<typeof settings> {
  return readSettings(settings, env);
}

/** Throws ConfigError when the key file cannot be used. */
export function toConfig(env: SettingValues<typeof settings>) {
  return { ...toSubgraphConfig('social', env) };
}
