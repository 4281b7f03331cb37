export { type AdminRoute, type AdminServer, type ReadinessCheck, startAdminServer } from './admin-server.ts';
export { type AppEnv, commonSettings } from './common-settings.ts';
export { correlationIdFrom, headerNames, metadataNames, traceparentFrom } from './headers.ts';
export {
  anonymous,
  createIdentitySigner,
  createIdentityVerifier,
  type Identity,
  type IdentitySigner,
  type IdentityVerifier,
  type UserIdentity,
} from './identity.ts';
export { isRecord } from './is-record.ts';
export { developmentKeyMark, readKeyFile, readTokenFile } from './key-file.ts';
export { createLogger, type Logger, type LogLevel } from './logger.ts';
export { isLoopback } from './loopback.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { type Running, runProcess, StopStack } from './process.ts';
export {
  type CallerIdentity,
  type CallerVerifier,
  createCallerVerifier,
  createServiceSigner,
  type ServiceIdentity,
  serviceIdentitySeconds,
} from './service-identity.ts';
export { ConfigError, readSettings, type Setting, type Settings, type SettingValues, setting } from './settings.ts';
export { readJsonFile } from './settings-file.ts';
export { type WatchedFile, watchFile } from './watch-file.ts';
