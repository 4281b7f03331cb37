export { type Backoff, type BackoffLimits, backoffMs, createBackoff, waitFor } from './backoff.ts';
export {
  type Breaker,
  type BreakerLimits,
  type BreakerOptions,
  type BreakerState,
  breakerValues,
  createBreaker,
} from './breaker.ts';
export { type Bulkhead, createBulkhead } from './bulkhead.ts';
export { currentDeadline, runWithin } from './current-deadline.ts';
export { type Deadline, startDeadline } from './deadline.ts';
export { createRetryBudget, type RetryBudget } from './retry-budget.ts';
export { createWakeUp, type WakeUp } from './wake-up.ts';
export { within } from './within.ts';
