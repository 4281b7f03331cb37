import { type Kysely, sql } from 'kysely';
import { deleteResolved } from './dead-letter-repository.ts';
import { inboxRetentionMs } from './inbox.ts';

/** How long a resolved letter is kept; what was done to it (dead_letter_audit) is never deleted. */
export const resolvedLetterRetentionMs = 30 * 24 * 60 * 60 * 1000;

const batchRows = 1_000;

/**
 * Deletes a bounded number of inbox rows and resolved letters that are past their retention; tells whether there may be
 * more. One process of a schema at a time: another that comes meanwhile finds nothing to do.
 */
export function keepHouse<Tables>(db: Kysely<Tables>): Promise<{ more: boolean }> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ mine: boolean }>`
      select pg_try_advisory_xact_lock(hashtextextended(current_schema() || ':inbox-housekeeping', 0)) as mine
      `.execute(tx);
    if (!rows[0]?.mine) return { more: false };
    // An event whose letter still waits is remembered however long that takes, or its replay could repeat the effect.
    const { numAffectedRows: seen = 0n } = await sql`
      delete from inbox where (consumer, event_id) in (
        select consumer, event_id from inbox
        where seen_at < clock_timestamp() - make_interval(secs => ${inboxRetentionMs / 1000}::float8)
          and not exists (select from dead_letters
            where dead_letters.event_id = inbox.event_id and consumer_group = consumer and resolved_at is null)
        order by seen_at limit ${batchRows}
      )`.execute(tx);
    const letters = await deleteResolved(tx, { olderThanMs: resolvedLetterRetentionMs, limit: batchRows });
    return { more: Number(seen) === batchRows || letters === batchRows };
  });
}
