export { type IdempotencyKey, parseIdempotencyKey } from './idempotency-key.ts';
export { type Idempotent, once } from './once.ts';
