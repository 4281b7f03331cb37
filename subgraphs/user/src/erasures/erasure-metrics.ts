import { createScrapedGauges } from '@nova/outbox';
import type { Metrics } from '@nova/runtime';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { countOpenErasures, openErasuresLimit } from './erasure-repository.ts';

/** Erasures are promised within days: these figures say when one is forgotten, and by whom. */
export function observeErasures(metrics: Metrics, db: Kysely<Tables>): void {
  createScrapedGauges(metrics, {
    source: 'erasures',
    gauges: [
      {
        name: 'user_erasures_open',
        help: `Erasures that some domain has not answered yet. Counted up to ${openErasuresLimit}.`,
        labels: [],
      },
      {
        name: 'user_erasure_oldest_open_age_seconds',
        help: 'How long ago the oldest of them was asked for; 0 without any.',
        labels: [],
      },
      {
        name: 'user_erasures_waiting',
        help: 'Open erasures that the domain of the label has not answered.',
        labels: ['domain'],
      },
    ],
    async read() {
      const { open, oldestAgeSeconds, waiting } = await countOpenErasures(db);
      return {
        user_erasures_open: [{ labels: {}, value: open }],
        user_erasure_oldest_open_age_seconds: [{ labels: {}, value: oldestAgeSeconds }],
        user_erasures_waiting: waiting.map(({ domain, erasures }) => ({ labels: { domain }, value: erasures })),
      };
    },
  });
}
