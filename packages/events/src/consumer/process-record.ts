import type { Bulkhead } from '@nova/resilience';
import { type BackoffLimits, backoffMs, waitFor } from '@nova/resilience';
import type { LogRecord } from '../event-log.ts';
import type { ConsumerObserver, RecordResult } from './consumer-observer.ts';
import { failureOf } from './failure.ts';

export type RecordWork = {
  readonly group: string;
  /** Resolves once the record had its effect, or needs none. */
  readonly handle: (record: LogRecord, signal: AbortSignal) => Promise<RecordResult>;
  /** Keeps a record that `handle` cannot do; resolves once it is stored. */
  readonly deadLetter: (record: LogRecord, error: unknown, tries: number) => Promise<RecordResult>;
  readonly observer: ConsumerObserver;
  readonly maxTries: number;
  readonly backoff: BackoffLimits;
  /** Bounds what runs at once; a record that waits for its next try holds no place. */
  readonly slots: Bulkhead;
};

/** How one record is gone about: `mayStart` is asked when a place is free, before its first try. */
export type RecordRun = { readonly signal: AbortSignal; readonly mayStart: () => boolean };

/** Resolves to true once the record is done with; to false when it was dropped because the partition is given up. */
export async function processRecord(work: RecordWork, record: LogRecord, run: RecordRun): Promise<boolean> {
  const { group, observer, slots } = work;
  const started = performance.now();
  const result = await slots.run(async () => (run.mayStart() ? tryOnce(work, record, run.signal) : dropped));
  const done = await settle(work, record, { run, first: result });
  if (done === undefined) return false;
  observer.onRecord?.({ group, record, result: done, seconds: (performance.now() - started) / 1000 });
  return true;
}

const dropped = Symbol('dropped');
type Attempt = { readonly result: RecordResult } | { readonly error: unknown } | typeof dropped;

async function tryOnce(work: RecordWork, record: LogRecord, signal: AbortSignal): Promise<Attempt> {
  try {
    return { result: await work.handle(record, signal) };
  } catch (error) {
    return { error };
  }
}

async function settle(
  work: RecordWork,
  record: LogRecord,
  { run, first }: { run: RecordRun; first: Attempt },
): Promise<RecordResult | undefined> {
  const { group, observer } = work;
  const { signal } = run;
  let tries = 0;
  let attempt = first;
  for (let waits = 0; ; waits += 1) {
    if (attempt === dropped) return undefined;
    if ('result' in attempt) return attempt.result;
    const { error } = attempt;
    const failure = failureOf(error);
    if (failure !== 'retryable') tries += 1;
    if (failure === 'permanent') return setAside(work, record, { error, tries, signal });
    // What failed on the way out may have failed because of it: the next owner of the partition tries anew.
    if (signal.aborted) return undefined;
    if (tries >= work.maxTries) return setAside(work, record, { error, tries, signal });
    const delayMs = backoffMs(work.backoff, waits);
    observer.onRetry?.({ group, record, error, retryable: failure === 'retryable', delayMs });
    if (!(await waitFor(delayMs, signal))) return undefined;
    attempt = await work.slots.run(() => tryOnce(work, record, signal));
  }
}

/** Until it is stored: a record that is neither handled nor kept would be lost. */
async function setAside(
  work: RecordWork,
  record: LogRecord,
  { error, tries, signal }: { error: unknown; tries: number; signal: AbortSignal },
): Promise<RecordResult | undefined> {
  const { group, observer } = work;
  observer.onGivenUp?.({ group, record, error, tries });
  for (let waits = 0; ; waits += 1) {
    try {
      return await work.slots.run(() => work.deadLetter(record, error, tries));
    } catch (failure) {
      if (signal.aborted) return undefined;
      const delayMs = backoffMs(work.backoff, waits);
      observer.onRetry?.({ group, record, error: failure, retryable: true, delayMs });
      if (!(await waitFor(delayMs, signal))) return undefined;
    }
  }
}
