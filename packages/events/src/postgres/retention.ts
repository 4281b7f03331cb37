import { type DirectSessionOptions, openDirectSession } from '@nova/postgres';
import { deleteOldRecords, planByOffset, selectAllPartitions } from './log-tables.ts';

/** Deleted by one statement: few enough that an append to the partition hardly waits. */
const sweepRecords = 1_000;

/**
 * Deletes the records that are older than their topic keeps them, from the start of each partition on, and returns how
 * many those were. Does nothing while somebody else sweeps. Rejects, perhaps half-way, when `abandon` aborts.
 */
export async function sweepRetention(options: DirectSessionOptions): Promise<number> {
  const { abandon } = options;
  const session = await openDirectSession(options);
  try {
    const { rows } = await session.query<{ mine: boolean }>(
      `select pg_try_advisory_lock(hashtextextended('event_log:sweep', 0)) as mine`,
    );
    if (!rows[0]?.mine) return 0;
    await planByOffset(session);
    let total = 0;
    for (const of of await selectAllPartitions(session)) {
      let deleted: number;
      do {
        abandon?.throwIfAborted();
        deleted = await deleteOldRecords(session, of, sweepRecords);
        total += deleted;
      } while (deleted === sweepRecords);
    }
    return total;
  } finally {
    session.end();
  }
}
