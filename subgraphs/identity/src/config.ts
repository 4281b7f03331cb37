import { redisSettings } from '@nova/cache';
import { readKeyFile, readSettings, readTokenFile, type SettingValues, setting } from '@nova/runtime';
import { subgraphSettings, toSubgraphConfig } from '@nova/subgraph';
import { providerSettings, toProviders, toRedirectUrls } from './providers/provider-settings.ts';

export const settings = {
  ...subgraphSettings('identity'),
  ...redisSettings,
  ACCESS_TOKEN_KEY_FILE: setting.string({
    description: 'PEM file of the RSA private key (4 096 bits) that signs access tokens.',
  }),
  ACCESS_TOKEN_OLD_KEY_FILES: setting.list({
    description:
      'PEM files of RSA keys, separated by commas, that the JWKS still (or already) publishes; they sign nothing.',
  }),
  ACCESS_TOKEN_SECONDS: setting.integer({
    default: 900,
    min: 30,
    max: 86_400,
    description: 'How long an access token is good for.',
  }),
  REFRESH_TOKEN_DAYS: setting.integer({
    default: 30,
    min: 1,
    max: 365,
    description: 'How long a refresh token that is not used is good for.',
  }),
  SECOND_FACTOR_KEY_FILE: setting.string({
    description: 'File with a random text of 32 to 512 characters, the key that seals the secrets of second factors.',
  }),
  SECOND_FACTOR_OLD_KEY_FILES: setting.list({
    description: 'Files of earlier keys, separated by commas; a secret they sealed is sealed anew when it is used.',
  }),
  LOGIN_CHALLENGE_SECONDS: setting.integer({
    default: 300,
    min: 30,
    max: 3_600,
    description: 'How long somebody with the right password has for the code of the second factor.',
  }),
  ...providerSettings,
  LOGIN_MAX_FAILURES: setting.integer({
    default: 5,
    min: 1,
    max: 1_000,
    description: 'Failed sign-ins in a row that lock an account.',
  }),
  LOGIN_LOCK_SECONDS: setting.integer({
    default: 900,
    min: 1,
    max: 86_400,
    description: 'How long an account stays locked.',
  }),
  PASSWORD_MEMORY_KIB: setting.integer({
    default: 19_456,
    min: 8,
    max: 4_194_304,
    description: 'argon2id: memory of one password check, in KiB.',
  }),
  PASSWORD_PASSES: setting.integer({ default: 2, min: 1, max: 100, description: 'argon2id: passes over that memory.' }),
  PASSWORD_LANES: setting.integer({ default: 1, min: 1, max: 16, description: 'argon2id: threads of one check.' }),
  PASSWORD_MAX_RUNNING: setting.integer({
    default: 2,
    min: 1,
    max: 64,
    description:
      'Password checks at the same time; each holds a thread of the pool (UV_THREADPOOL_SIZE, 4) and its memory.',
  }),
  PASSWORD_MAX_QUEUED: setting.integer({
    default: 100,
    max: 100_000,
    description: 'Password checks that wait for a place; more are refused with OVERLOADED.',
  }),
};

export type Config = ReturnType<typeof toConfig>;

export function readEnv(env: NodeJS.ProcessEnv): SettingValues<typeof settings> {
  return readSettings(settings, env);
}

/** Reads the key files; throws ConfigError when one is missing or not fit for APP_ENV. */
export function toConfig(env: SettingValues<typeof settings>) {
  const key = (name: string, file: string) => readKeyFile(name, file, env.APP_ENV);
  return {
    ...toSubgraphConfig('identity', env),
    redisUrl: env.REDIS_URL,
    accessToken: {
      signingKey: key('ACCESS_TOKEN_KEY_FILE', env.ACCESS_TOKEN_KEY_FILE),
      oldKeys: env.ACCESS_TOKEN_OLD_KEY_FILES.map((file) => key('ACCESS_TOKEN_OLD_KEY_FILES', file)),
      lifetimeSeconds: env.ACCESS_TOKEN_SECONDS,
    },
    secondFactorKeys: [
      readTokenFile('SECOND_FACTOR_KEY_FILE', env.SECOND_FACTOR_KEY_FILE, env.APP_ENV),
      ...env.SECOND_FACTOR_OLD_KEY_FILES.map((file) => readTokenFile('SECOND_FACTOR_OLD_KEY_FILES', file, env.APP_ENV)),
    ] as [string, ...string[]],
    challengeSeconds: env.LOGIN_CHALLENGE_SECONDS,
    providers: toProviders(env, env.APP_ENV),
    signInRedirectUrls: toRedirectUrls(env.SIGN_IN_REDIRECT_URLS),
    refreshTokenDays: env.REFRESH_TOKEN_DAYS,
    lockout: { maxFailures: env.LOGIN_MAX_FAILURES, lockSeconds: env.LOGIN_LOCK_SECONDS },
    passwords: {
      memoryKib: env.PASSWORD_MEMORY_KIB,
      passes: env.PASSWORD_PASSES,
      lanes: env.PASSWORD_LANES,
      maxRunning: env.PASSWORD_MAX_RUNNING,
      maxQueued: env.PASSWORD_MAX_QUEUED,
    },
  };
}
