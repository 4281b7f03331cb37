import type { Logger, Metrics } from '@nova/runtime';
import { Counter, Histogram } from 'prom-client';
import type { JobObserver } from './jobs/job-worker.ts';

/** What the work on media tells its operators. */
export function observeJobs(log: Logger, metrics: Metrics): JobObserver {
  const registers = [metrics];
  const jobs = new Counter({
    name: 'media_jobs_total',
    help: 'Jobs by kind and how they ended; failed ones are tried again.',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'media_job_duration_seconds',
    help: 'How long jobs took.',
    labelNames: ['kind'],
    buckets: [0.05, 0.1, 0.5, 1, 5, 30, 120, 600, 1_800],
    registers,
  });
  return {
    jobEnded({ kind, assetId, correlationId, attempts }, { outcome, seconds, error }) {
      jobs.inc({ kind, outcome });
      durations.observe({ kind }, seconds);
      if (outcome === 'failed') log.warn({ err: error, kind, assetId, correlationId, attempts }, 'a job failed');
    },
    workerFailed: (error) => log.warn({ err: error }, 'there is no looking for jobs'),
  };
}
