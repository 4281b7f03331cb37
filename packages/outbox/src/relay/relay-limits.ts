import type { BackoffLimits } from '@nova/resilience';

export type RelayLimits = {
  /** Most rows in one send. */
  readonly batchRows: number;
  /** Most bytes in one send; a single larger row still goes, alone. Kafka's brokers take 1 MiB per partition as they come. */
  readonly batchBytes: number;
  /** When to look for rows though nothing was notified. */
  readonly pollMs: number;
  /** How often shards are balanced, which also shows that the session lives. */
  readonly balanceMs: number;
  /** After what silence PostgreSQL ends the session, so that others can take its shards. */
  readonly idleTimeoutMs: number;
  /** How old the last proof of ownership may be when a send begins. */
  readonly proofMs: number;
  /** What a statement may take before the session is given up. */
  readonly statementTimeoutMs: number;
  /** What a send may take before the log counts as away. */
  readonly publishTimeoutMs: number;
  /** Times that a row which the log refuses is tried before its key is parked. */
  readonly maxTries: number;
  /** Waits between tries grow from the first to the last of these. */
  readonly backoff: BackoffLimits;
};

export const defaultRelayLimits: RelayLimits = {
  batchRows: 1_000,
  batchBytes: 900_000,
  pollMs: 500,
  balanceMs: 1_000,
  idleTimeoutMs: 10_000,
  proofMs: 3_000,
  statementTimeoutMs: 15_000,
  publishTimeoutMs: 30_000,
  maxTries: 5,
  backoff: { firstMs: 100, maxMs: 10_000 },
};
