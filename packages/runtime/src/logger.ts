import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];
export type Logger = PinoLogger;

const secrets = [
  'password',
  'passwordHash',
  'token',
  'accessToken',
  'refreshToken',
  'authorization',
  'cookie',
  'privateKey',
  // PostgreSQL's errors carry the whole row that was refused.
  'detail',
];

/** JSON lines on standard output (or `destination`), with secrets redacted one and two levels deep. */
export function createLogger(options: { service: string; level?: LogLevel; destination?: DestinationStream }): Logger {
  const settings = {
    base: { service: options.service },
    level: options.level ?? 'info',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `headers["${name}"]`]), censor: '[redacted]' },
  };
  // Written at once: what pino holds back until the process exits would, with nobody left to read it, be tried for ever.
  return pino(settings, options.destination ?? pino.destination({ dest: 1, sync: true }));
}
