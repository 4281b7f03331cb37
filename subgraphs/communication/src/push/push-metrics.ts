import { createScrapedGauges } from '@nova/outbox';
import type { Metrics } from '@nova/runtime';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { countPushJobs, pushJobsLimit } from './push-job-repository.ts';

export function observePushQueue(metrics: Metrics, db: Kysely<Tables>): void {
  createScrapedGauges(metrics, {
    source: 'push queue',
    gauges: [
      {
        name: 'push_jobs_waiting',
        help: `Pushes that are not sent yet, those that are tried again included. Counted up to ${pushJobsLimit}.`,
        labels: [],
      },
      {
        name: 'push_job_oldest_age_seconds',
        help: 'Since the oldest of them was asked for; 0 without any.',
        labels: [],
      },
    ],
    async read() {
      const { waiting, oldestAgeSeconds } = await countPushJobs(db);
      return {
        push_jobs_waiting: [{ labels: {}, value: waiting }],
        push_job_oldest_age_seconds: [{ labels: {}, value: oldestAgeSeconds }],
      };
    },
  });
}
