import { createScrapedGauges } from '@nova/outbox';
import type { Metrics } from '@nova/runtime';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { countJobs, jobsLimit } from './job-repository.ts';

export function observeJobQueue(metrics: Metrics, db: Kysely<Tables>): void {
  createScrapedGauges(metrics, {
    source: 'media jobs',
    gauges: [
      {
        name: 'media_jobs_waiting',
        help: `Jobs that are not done yet, those that are tried again included; a removal from when its upload link has expired. Counted up to ${jobsLimit}.`,
        labels: ['kind'],
      },
      {
        name: 'media_jobs_given_up',
        help: `Uploads of which nothing could be made in all tries, and that are not deleted. Counted up to ${jobsLimit}.`,
        labels: ['kind'],
      },
    ],
    async read() {
      const counts = await countJobs(db);
      return {
        media_jobs_waiting: counts.map(({ kind, waiting }) => ({ labels: { kind }, value: waiting })),
        // A removal is never given up.
        media_jobs_given_up: counts
          .filter(({ kind }) => kind !== 'REMOVAL')
          .map(({ kind, givenUp }) => ({ labels: { kind }, value: givenUp })),
      };
    },
  });
}
