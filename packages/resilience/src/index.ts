export { type Bulkhead, createBulkhead } from './bulkhead.ts';
export { type Deadline, startDeadline } from './deadline.ts';
