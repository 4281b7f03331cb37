import { randomBytes, randomUUID } from 'node:crypto';

/** HTTP headers that travel with a request. */
export const headerNames = {
  correlationId: 'x-correlation-id',
  identity: 'x-nova-identity',
  /** Milliseconds the caller will still wait. */
  deadlineMs: 'x-nova-deadline-ms',
  traceparent: 'traceparent',
  /** `<hash of viewer and key>:<fingerprint of the request>`, sent to subgraphs with mutations. */
  idempotencyKey: 'x-nova-idempotency-key',
  /** gRPC calls that may still be made for the operation, those made for them in turn included; without it any number. */
  rpcAllowance: 'x-nova-rpc-allowance',
  /** Of an answer: gRPC calls that were made for it, those made for them in turn included; without it none. */
  rpcCalls: 'x-nova-rpc-calls',
} as const;

/** A caller's correlation id if it has the accepted form, else a new one. */
export function correlationIdFrom(value: unknown): string {
  return typeof value === 'string' && /^[\w-]{8,64}$/.test(value) ? value : randomUUID();
}

/** A caller's W3C trace context if it is valid, else that of a new trace which nobody has decided to sample. */
export function traceparentFrom(value: unknown): string {
  if (typeof value === 'string' && traceparentForm.test(value)) return value;
  const ids = randomBytes(24).toString('hex');
  return `00-${ids.slice(0, 32)}-${ids.slice(32)}-00`;
}

/** Version 00 of https://www.w3.org/TR/trace-context/; ids of zeros are invalid. */
const traceparentForm = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Names of the same things in gRPC metadata; the calls made are in the trailer. */
export const metadataNames = {
  correlationId: 'correlation-id',
  traceparent: 'traceparent',
  identity: 'x-nova-identity',
  /** gRPC's own way to say how long the caller will wait, such as `250m` for milliseconds. */
  timeout: 'grpc-timeout',
  rpcAllowance: 'x-nova-rpc-allowance',
  rpcCalls: 'x-nova-rpc-calls',
} as const;
