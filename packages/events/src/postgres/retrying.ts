import type { BackoffLimits } from '@nova/resilience';

/** How long to wait for what failed: a handler, or the database. */
export const retrying: BackoffLimits = { firstMs: 100, maxMs: 5_000 };
