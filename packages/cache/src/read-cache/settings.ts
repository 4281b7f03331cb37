import { type SettingValues, setting } from '@nova/runtime';
import { redisSettings } from '../redis.ts';

export const readCacheSettings = {
  ...redisSettings,
  CACHE: setting.oneOf(['on', 'off'], {
    optional: true,
    description:
      'Whether rows that many ask for are kept, for seconds in this process and with REDIS_URL for minutes in Redis. Without it, they are where there is a REDIS_URL: several processes of one domain do not hear otherwise what another changed, for up to ten seconds.',
  }),
};

export type ReadCacheSettings = { readonly isOn: boolean; readonly redisUrl: string | undefined };

export function toReadCacheSettings(env: SettingValues<typeof readCacheSettings>): ReadCacheSettings {
  return {
    isOn: env.CACHE === 'on' || (env.CACHE === undefined && env.REDIS_URL !== undefined),
    redisUrl: env.REDIS_URL,
  };
}
