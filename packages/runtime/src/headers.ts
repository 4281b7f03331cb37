import { randomUUID } from 'node:crypto';

/** HTTP headers that travel with a request. */
export const headerNames = {
  correlationId: 'x-correlation-id',
  identity: 'x-nova-identity',
  /** Milliseconds the caller will still wait. */
  deadlineMs: 'x-nova-deadline-ms',
} as const;

/** A caller's correlation id if it has the accepted form, else a new one. */
export function correlationIdFrom(value: unknown): string {
  return typeof value === 'string' && /^[\w-]{8,64}$/.test(value) ? value : randomUUID();
}

/** Names of the same things in gRPC metadata. The deadline is gRPC's own. */
export const metadataNames = {
  correlationId: 'correlation-id',
  identity: 'x-nova-identity',
} as const;
