import { randomUUID } from 'node:crypto';

/** Names of what travels with a request: HTTP headers, gRPC metadata keys and event headers. */
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
