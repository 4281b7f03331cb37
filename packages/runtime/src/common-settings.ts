import { logLevels } from './logger.ts';
import { setting } from './settings.ts';

const appEnvs = ['development', 'test', 'staging', 'production'] as const;
export type AppEnv = (typeof appEnvs)[number];

/** Settings that every process has. */
export const commonSettings = {
  APP_ENV: setting.oneOf(appEnvs, {
    default: 'development',
    description: 'Where the process runs. Outside development and test it refuses to start without its own keys.',
  }),
  LOG_LEVEL: setting.oneOf(logLevels, { default: 'info', description: 'Least severe log level that is written.' }),
  HOST: setting.string({
    default: '127.0.0.1',
    description: 'Address to listen on. Subgraphs refuse to listen beyond loopback without TLS.',
  }),
};
