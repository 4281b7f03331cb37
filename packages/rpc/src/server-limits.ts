import type { ServerOptions } from '@grpc/grpc-js';
import { type SettingValues, setting } from '@nova/runtime';
import { maxMessageBytes } from './channel.ts';

/** Settings of a gRPC server. */
export const rpcServerSettings = {
  GRPC_MAX_CALLS: setting.integer({
    default: 500,
    min: 1,
    description: 'gRPC calls that are served at once; one more is refused with RESOURCE_EXHAUSTED and retry-after.',
  }),
  GRPC_MAX_STREAMS: setting.integer({
    default: 200,
    min: 1,
    description: 'gRPC calls at once on one connection; more wait at the client.',
  }),
  GRPC_KEEPALIVE_MS: setting.integer({
    default: 30_000,
    min: 100,
    description: 'Milliseconds between pings by which the gRPC server finds out that a client is gone.',
  }),
  GRPC_KEEPALIVE_TIMEOUT_MS: setting.integer({
    default: 10_000,
    min: 100,
    description: 'Milliseconds that such a ping may stay without an answer before the connection is closed.',
  }),
  GRPC_CONNECTION_AGE_MS: setting.integer({
    default: 300_000,
    min: 100,
    description:
      'Milliseconds after which the gRPC server asks a client to connect anew, so that its calls spread to replicas that came later.',
  }),
};

export type RpcServerLimits = {
  readonly maxCalls: number;
  readonly maxStreams: number;
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly connectionAgeMs: number;
};

export function toRpcServerLimits(env: SettingValues<typeof rpcServerSettings>): RpcServerLimits {
  return {
    maxCalls: env.GRPC_MAX_CALLS,
    maxStreams: env.GRPC_MAX_STREAMS,
    keepaliveMs: env.GRPC_KEEPALIVE_MS,
    keepaliveTimeoutMs: env.GRPC_KEEPALIVE_TIMEOUT_MS,
    connectionAgeMs: env.GRPC_CONNECTION_AGE_MS,
  };
}

/** How long calls of a connection that is to be left may still take: as long as any method. */
const connectionGraceMs = 30_000;

export function serverOptions(limits: RpcServerLimits): ServerOptions {
  return {
    'grpc.max_receive_message_length': maxMessageBytes,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.max_concurrent_streams': limits.maxStreams,
    'grpc.keepalive_time_ms': limits.keepaliveMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    'grpc.max_connection_age_ms': limits.connectionAgeMs,
    'grpc.max_connection_age_grace_ms': connectionGraceMs,
  };
}
