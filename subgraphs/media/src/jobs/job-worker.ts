import { isAppError } from '@nova/errors';
import { startBackgroundLoop } from '@nova/outbox';
import { backoffMs, startDeadline } from '@nova/resilience';
import type { Running } from '@nova/runtime';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { JobKind, LeasedJob } from './job.ts';
import { leaseJob, postponeJob, renewLease } from './job-repository.ts';

/** Does a job and deletes it in the transaction of its result. Returns the milliseconds after which there is more to do. */
export type JobHandler = (job: LeasedJob, signal: AbortSignal) => Promise<{ readonly againMs: number } | undefined>;

export type JobWorkerOptions = {
  readonly db: Kysely<Tables>;
  readonly handlers: Readonly<Partial<Record<JobKind, JobHandler>>>;
  /** For how long a job is held without a sign of life. */
  readonly leaseSeconds: number;
  /** Time that one try of a job may take. */
  readonly timeoutMs: number;
  /** Done whenever there is no job. */
  readonly onIdle?: () => Promise<void>;
  readonly observer: JobObserver;
};

export type JobObserver = {
  jobEnded(
    job: LeasedJob,
    result: { outcome: 'done' | 'postponed' | 'failed'; seconds: number; error?: unknown },
  ): void;
  /** The database is away, say. */
  workerFailed(error: unknown): void;
};

const idleMs = 500;
/** Until what is away is asked again. */
const awayMs = 5_000;
const retryLimits = { firstMs: 1_000, maxMs: 10 * 60_000 };

/**
 * Does one job after the other until it is stopped. While it works it renews the lease; when that is lost, because it stood
 * still for too long, its signal aborts and its result has no effect. A job that fails is tried again, later each time.
 */
export function startJobWorker(options: JobWorkerOptions): Running {
  const { db, handlers, leaseSeconds, observer } = options;
  const kinds = Object.keys(handlers) as JobKind[];
  return startBackgroundLoop({
    async work(stopping) {
      const job = await leaseJob(db, { kinds, leaseSeconds });
      if (job) await doJob(job, options, stopping);
      else await options.onIdle?.();
      return { more: job !== undefined };
    },
    idleMs,
    onFailure: observer.workerFailed,
  });
}

async function doJob(job: LeasedJob, options: JobWorkerOptions, stopping: AbortSignal): Promise<void> {
  const { db, handlers, leaseSeconds, timeoutMs, observer } = options;
  const startedAt = performance.now();
  const deadline = startDeadline(timeoutMs, stopping);
  const lost = new AbortController();
  const held = setInterval(
    () => {
      renewLease(db, job, leaseSeconds).then(
        (isHeld) => isHeld || lost.abort(new Error('The lease of the job was lost.')),
        // The next one may come through before the lease runs out.
        () => undefined,
      );
    },
    (leaseSeconds * 1_000) / 3,
  );
  const seconds = () => (performance.now() - startedAt) / 1_000;
  try {
    const more = await handlers[job.kind]?.(job, AbortSignal.any([deadline.signal, lost.signal]));
    if (more) await postponeJob(db, job, { delayMs: more.againMs, counts: false });
    observer.jobEnded(job, { outcome: more ? 'postponed' : 'done', seconds: seconds() });
  } catch (error) {
    await giveBack(db, job, { error, isStopping: stopping.aborted });
    observer.jobEnded(job, { outcome: stopping.aborted ? 'postponed' : 'failed', seconds: seconds(), error });
  } finally {
    clearInterval(held);
    deadline.clear();
  }
}

/** A process that stops, and a service that is away, are not the job's fault. */
async function giveBack(
  db: Kysely<Tables>,
  job: LeasedJob,
  { error, isStopping }: { error: unknown; isStopping: boolean },
): Promise<void> {
  if (isStopping) return postponeJob(db, job, { delayMs: 0, counts: false });
  const isAway = isAppError(error) && error.facts.kind === 'unavailable';
  const delayMs = isAway ? awayMs : backoffMs(retryLimits, job.attempts - 1);
  await postponeJob(db, job, { delayMs, counts: !isAway });
}
