import type { Metrics } from '@nova/runtime';
import { type Kysely, sql } from 'kysely';
import type { ObservedConsumer } from './observe-consumer.ts';
import { createScrapedGauges } from './scraped-gauge.ts';

/** Counting stops here: beyond it the figure says "very many". */
const countLimit = 100_000;

export function observeDeadLetters(metrics: Metrics, consumers: ReadonlySet<ObservedConsumer>): void {
  createScrapedGauges(metrics, {
    source: 'dead letters',
    gauges: [
      {
        name: 'dead_letters',
        help: `Events set aside that wait for an operator, by cause; KEY_PARKED ones wait behind another of their key. Counted up to ${countLimit}.`,
        labels: ['group', 'cause'],
      },
      {
        name: 'parked_keys',
        help: 'Keys (aggregates) whose events are held back until their first dead letter is replayed or discarded.',
        labels: ['group'],
      },
    ],
    async read() {
      const counts = await Promise.all([...consumers].map(countsOf));
      return {
        dead_letters: counts.flatMap(({ letters }) => letters),
        parked_keys: counts.flatMap(({ keys }) => keys),
      };
    },
  });
}

async function countsOf({ db, group }: ObservedConsumer) {
  const { causes, keys } = await readCounts(db, group);
  return {
    letters: causes.map(({ cause, letters }) => ({ labels: { group, cause }, value: letters })),
    keys: [{ labels: { group }, value: keys }],
  };
}

function readCounts(db: Kysely<unknown>, group: string) {
  return db.transaction().execute(async (tx) => {
    await sql`set local statement_timeout = '1500ms'`.execute(tx);
    const { rows: causes } = await sql<{ cause: string; letters: number }>`
      select cause_code as cause, count(*)::int as letters
      from (select cause_code from dead_letters where consumer_group = ${group} and resolved_at is null limit ${countLimit})
      group by cause_code`.execute(tx);
    const { rows } = await sql<{ keys: number }>`
      select count(*)::int as keys from (select from parked_keys where consumer_group = ${group} limit ${countLimit})
      `.execute(tx);
    return { causes, keys: rows[0]?.keys ?? 0 };
  });
}
