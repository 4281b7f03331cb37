import { AsyncLocalStorage } from 'node:async_hooks';
import type { Deadline } from './deadline.ts';

const deadlines = new AsyncLocalStorage<Deadline>();

/** Runs the work of a request: whatever `work` calls and awaits finds the request's deadline by `currentDeadline`. */
export function runWithin<T>(deadline: Deadline, work: () => T): T {
  return deadlines.run(deadline, work);
}

/** The deadline of the request that the caller works for; undefined for work of the process itself. */
export function currentDeadline(): Deadline | undefined {
  return deadlines.getStore();
}
