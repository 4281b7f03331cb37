import type { ChannelOptions } from '@grpc/grpc-js';

/** Largest message in either direction. */
export const maxMessageBytes = 16 * 1024 * 1024;

/** How a client finds out that a connection is dead, in milliseconds. */
export type ChannelTuning = {
  /** Between pings of a connection with calls under way. */
  readonly keepaliveMs: number;
  /** How long a ping may stay without an answer. */
  readonly keepaliveTimeoutMs: number;
};

const defaultTuning: ChannelTuning = { keepaliveMs: 20_000, keepaliveTimeoutMs: 5_000 };

/** A name is resolved by DNS, whose addresses are then used in turn: those of a headless service, say. */
export function targetOf(address: string): string {
  return /^(dns|ipv4|ipv6|unix):/.test(address) ? address : `dns:///${address}`;
}

export function channelOptions(tuning: Partial<ChannelTuning> = {}): ChannelOptions {
  const { keepaliveMs, keepaliveTimeoutMs } = { ...defaultTuning, ...tuning };
  return {
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    'grpc.service_config_disable_resolution': 1,
    // Idempotency levels decide what is repeated, not the channel.
    'grpc.enable_retries': 0,
    'grpc.keepalive_time_ms': keepaliveMs,
    'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
    'grpc.max_send_message_length': maxMessageBytes,
    'grpc.max_receive_message_length': maxMessageBytes,
  };
}
