import { type SettingValues, setting } from '@nova/runtime';
import { redisSettings } from '../redis.ts';

export const readCacheSettings = {
  ...redisSettings,
  CACHE: setting.oneOf(['on', 'off'], {
    default: 'on',
    description:
      'Whether rows that many ask for are kept, for seconds in this process and with REDIS_URL for minutes in Redis. Several processes of one domain want REDIS_URL: without it they do not hear what another changed, for up to ten seconds.',
  }),
};

export type ReadCacheSettings = { readonly isOn: boolean; readonly redisUrl: string | undefined };

export function toReadCacheSettings(env: SettingValues<typeof readCacheSettings>): ReadCacheSettings {
  return { isOn: env.CACHE === 'on', redisUrl: env.REDIS_URL };
}
