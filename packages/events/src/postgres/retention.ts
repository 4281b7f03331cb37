import type pg from 'pg';

/** Deleted by one statement: few enough that an append to the partition hardly waits. */
const sweepRecords = 1_000;

/**
 * Deletes the records that are older than their topic keeps them, from the start of each partition on, and returns how
 * many those were. Does nothing while somebody else sweeps.
 */
export async function sweepRetention(pool: pg.Pool): Promise<number> {
  const client = await pool.connect();
  let failure: unknown;
  try {
    const { rows } = await client.query<{ mine: boolean }>(`select pg_try_advisory_lock(${lock}) as mine`);
    if (!rows[0]?.mine) return 0;
    const deleted = await sweepAll(client);
    await client.query(`select pg_advisory_unlock(${lock})`);
    return deleted;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    // After a failure the session goes, and the lock with it.
    client.release(failure !== undefined);
  }
}

const lock = `hashtextextended('event_log:sweep', 0)`;

async function sweepAll(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<Partition>('select topic, partition from event_log.partitions');
  let deleted = 0;
  for (const partition of rows) deleted += await sweepPartition(client, partition);
  return deleted;
}

type Partition = { readonly topic: string; readonly partition: number };

async function sweepPartition(client: pg.PoolClient, { topic, partition }: Partition): Promise<number> {
  let total = 0;
  for (;;) {
    const { rows } = await client.query<{ deleted: number }>(sweepStatement, [topic, partition, sweepRecords]);
    const deleted = rows[0]?.deleted ?? 0;
    total += deleted;
    if (deleted < sweepRecords) return total;
  }
}

/** Begins at `first_offset`, so that it does not read what was deleted before and not yet vacuumed. */
const sweepStatement = `
  with begun as (
    select p.first_offset, clock_timestamp() - t.retention_ms * interval '1 millisecond' as since
    from event_log.partitions p join event_log.topics t on t.name = p.topic
    where p.topic = $1 and p.partition = $2
  ), candidates as (
    select r."offset", r.appended_at from event_log.records r, begun
    where r.topic = $1 and r.partition = $2 and r."offset" >= begun.first_offset order by r."offset" limit $3
  ), kept as (
    select min("offset") as "offset" from candidates, begun where appended_at >= begun.since
  ), gone as (
    delete from event_log.records r using candidates c, kept
    where r.topic = $1 and r.partition = $2 and r."offset" = c."offset"
      and (kept."offset" is null or c."offset" < kept."offset")
    returning r."offset"
  )
  update event_log.partitions set first_offset = (select max("offset") + 1 from gone)
  where topic = $1 and partition = $2 and exists (select from gone)
  returning (select count(*)::int from gone) as deleted`;
