import type { Metrics } from '@nova/runtime';
import { setting } from '@nova/runtime';
import { Redis } from 'ioredis';
import { Counter, Gauge } from 'prom-client';

export type { Redis } from 'ioredis';

export const redisSettings = {
  REDIS_URL: setting.url({
    optional: true,
    description:
      'Redis (7 or newer) that several processes share, as redis://user:password@host:port/database or rediss://. Without it each process keeps what it would put there in its own memory.',
  }),
};

export type RedisConnection = {
  readonly client: Redis;
  /** False while commands would fail at once, because the connection is lost or not there yet. */
  isReady(): boolean;
  stop(): void;
};

/** A command that takes longer is given up: who asks can do without the answer, at a price. */
const commandTimeoutMs = 250;
/** A connection that says nothing for so long to a waiting command is replaced. */
const silenceMs = 1_000;
const connectTimeoutMs = 1_000;
const maxReconnectDelayMs = 1_000;

/**
 * Connects in the background and for ever: Redis may be away at any time, and commands then reject at once instead of
 * waiting. No command is sent twice.
 */
export function openRedis(options: { url: string; name: string; metrics: Metrics }): RedisConnection {
  const client = new Redis(options.url, {
    connectionName: options.name,
    commandTimeout: commandTimeoutMs,
    socketTimeout: silenceMs,
    connectTimeout: connectTimeoutMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), maxReconnectDelayMs),
    disableClientInfo: true,
  });
  observeRedis(client, options.metrics);
  return { client, isReady: () => client.status === 'ready', stop: () => client.disconnect() };
}

function observeRedis(client: Redis, metrics: Metrics): void {
  const gauge: Gauge = new Gauge({
    name: 'redis_connected',
    help: '1 while the connection to Redis can be used.',
    registers: [metrics],
    collect: () => gauge.set(client.status === 'ready' ? 1 : 0),
  });
  const lost = new Counter({
    name: 'redis_connection_errors_total',
    help: 'Times that the connection to Redis failed or was lost.',
    registers: [metrics],
  });
  client.on('error', () => lost.inc());
}
