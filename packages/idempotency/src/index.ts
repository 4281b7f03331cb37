export { type IdempotencyKey, parseIdempotencyKey } from './idempotency-key.ts';
export { type Idempotent, idempotencyKeyRetentionMs, once } from './once.ts';
