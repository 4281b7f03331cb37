import { type AppEnv, ConfigError, readJsonFile, readSettings, type SettingValues, setting } from '@nova/runtime';
import { peerSettings, subgraphSettings, toSubgraphConfig } from '@nova/subgraph';
import { apnsCredentialsSchema } from './push/apns-provider-token.ts';
import { serviceAccountSchema } from './push/fcm-access-token.ts';
import type { PushConfig } from './push/push-adapters.ts';

export const settings = {
  ...subgraphSettings('communication'),
  ...peerSettings('identity', 'social'),
  NOTIFICATION_RETENTION_DAYS: setting.integer({
    default: 90,
    min: 1,
    max: 36_500,
    description: 'How long a notification is kept after something was added to it last, read or not.',
  }),
  PUSH_FCM_CREDENTIALS_FILE: setting.string({
    optional: true,
    description:
      'Key file (JSON) of the Google service account that sends to FCM devices. Not set: nothing is sent to them.',
  }),
  PUSH_FCM_URL: setting.url({ default: 'https://fcm.googleapis.com', description: 'Origin of the FCM HTTP v1 API.' }),
  PUSH_APNS_CREDENTIALS_FILE: setting.string({
    optional: true,
    description:
      'JSON file of teamId, keyId, topic (the bundle id) and key (the text of the .p8 file) for APNs. Not set: nothing is sent to Apple devices.',
  }),
  PUSH_APNS_URL: setting.url({
    default: 'https://api.push.apple.com',
    description: 'Origin of APNs; https://api.sandbox.push.apple.com for builds signed for development.',
  }),
};

export type Config = ReturnType<typeof toConfig>;

export function readEnv(env: NodeJS.ProcessEnv): SettingValues<typeof settings> {
  return readSettings(settings, env);
}

/** Throws ConfigError when a key or credentials file cannot be used. */
export function toConfig(env: SettingValues<typeof settings>) {
  return {
    ...toSubgraphConfig('communication', env),
    identityAddress: env.IDENTITY_GRPC_URL,
    socialAddress: env.SOCIAL_GRPC_URL,
    notificationRetentionDays: env.NOTIFICATION_RETENTION_DAYS,
    push: toPushConfig(env),
  };
}

function toPushConfig(env: SettingValues<typeof settings>): PushConfig {
  const fcmFile = env.PUSH_FCM_CREDENTIALS_FILE;
  const apnsFile = env.PUSH_APNS_CREDENTIALS_FILE;
  const account = fcmFile && readJsonFile('PUSH_FCM_CREDENTIALS_FILE', fcmFile, serviceAccountSchema);
  const credentials = apnsFile && readJsonFile('PUSH_APNS_CREDENTIALS_FILE', apnsFile, apnsCredentialsSchema);
  if (account)
    requireTls(env.APP_ENV, { PUSH_FCM_URL: env.PUSH_FCM_URL, 'token_uri of the FCM key': account.token_uri });
  if (credentials) requireTls(env.APP_ENV, { PUSH_APNS_URL: env.PUSH_APNS_URL });
  return {
    fcm: account ? { account, url: env.PUSH_FCM_URL } : undefined,
    apns: credentials ? { credentials, url: env.PUSH_APNS_URL } : undefined,
  };
}

/** Credentials travel to these URLs. */
function requireTls(appEnv: AppEnv, urls: Readonly<Record<string, string>>): void {
  if (appEnv === 'development' || appEnv === 'test') return;
  const plain = Object.entries(urls).filter(([, url]) => !url.startsWith('https:'));
  if (plain.length > 0)
    throw new ConfigError(plain.map(([name]) => `${name} must begin with https: where APP_ENV=${appEnv}`));
}
