import type { Session } from '@nova/postgres';
import type { LogRecord, PartitionLag, TopicDeclaration } from '../event-log.ts';

/** Notified of with a topic and those of its partitions that were appended to, separated by spaces. */
export const recordsChannel = 'event_log_records';

export type PartitionState = {
  readonly topic: string;
  readonly partition: number;
  /** The offset that the next record gets. */
  readonly nextOffset: bigint;
};

export type PartitionOfGroup = { readonly group: string; readonly topic: string; readonly partition: number };

export type BatchLimit = { readonly records: number; readonly bytes: number };

export async function insertTopics(session: Session, topics: readonly TopicDeclaration[]): Promise<void> {
  await session.query(
    `with declared as (
       select * from unnest($1::text[], $2::int[], $3::bigint[]) d (name, partitions, retention_ms)
     ), made as (
       insert into event_log.topics (name, partitions, retention_ms)
       select * from declared order by name on conflict do nothing returning name, partitions
     )
     insert into event_log.partitions (topic, partition)
     select name, partition from made, generate_series(0, made.partitions - 1) partition`,
    [
      topics.map(({ name }) => name),
      topics.map(({ partitions }) => partitions),
      topics.map(({ retentionMs }) => retentionMs),
    ],
  );
}

export async function selectPartitions(session: Session, topics: readonly string[]): Promise<PartitionState[]> {
  const { rows } = await session.query<{ topic: string; partition: number; next_offset: string }>(
    'select topic, partition, next_offset from event_log.partitions where topic = any($1) order by topic, partition',
    [topics],
  );
  return rows.map(({ topic, partition, next_offset }) => ({ topic, partition, nextOffset: BigInt(next_offset) }));
}

/** The next offset of the group; 0 when it has not committed any. */
export async function selectCommitted(session: Session, of: PartitionOfGroup): Promise<bigint> {
  const { rows } = await session.query<{ next_offset: string }>(
    'select next_offset from event_log.group_offsets where "group" = $1 and topic = $2 and partition = $3',
    [of.group, of.topic, of.partition],
  );
  return BigInt(rows[0]?.next_offset ?? 0);
}

/** Never moves an offset backwards. */
export async function upsertCommitted(session: Session, of: PartitionOfGroup, nextOffset: bigint): Promise<void> {
  await session.query(
    `insert into event_log.group_offsets as known ("group", topic, partition, next_offset) values ($1, $2, $3, $4)
     on conflict ("group", topic, partition) do update set next_offset = excluded.next_offset
     where known.next_offset < excluded.next_offset`,
    [of.group, of.topic, of.partition, nextOffset],
  );
}

/** Records from an offset on, up to as many records and to the one that passes the bytes. */
export async function selectRecords(
  session: Session,
  from: { topic: string; partition: number; offset: bigint },
  limit: BatchLimit,
): Promise<LogRecord[]> {
  const { topic, partition } = from;
  const { rows } = await session.query<{
    offset: string;
    key: string;
    value: Buffer;
    headers: Record<string, string>;
    appended_at: Date;
  }>(
    `select "offset", key, value, headers, appended_at from (
       select *, sum(octet_length(value)) over (order by "offset" rows unbounded preceding) as bytes
       from event_log.records where topic = $1 and partition = $2 and "offset" >= $3 order by "offset" limit $4
     ) next where bytes - octet_length(value) < $5 order by "offset"`,
    [topic, partition, from.offset, limit.records, limit.bytes],
  );
  return rows.map(({ offset, key, value, headers, appended_at }) => {
    return { topic, partition, offset: BigInt(offset), key, value, headers, appendedAt: appended_at };
  });
}

export async function selectLag(session: Session, group: string, topics: readonly string[]): Promise<PartitionLag[]> {
  const { rows } = await session.query<{ topic: string; partition: number; records: string }>(
    `select p.topic, p.partition,
       greatest(0, p.next_offset - greatest(p.first_offset, coalesce(g.next_offset, 0))) as records
     from event_log.partitions p
     left join event_log.group_offsets g on g."group" = $1 and g.topic = p.topic and g.partition = p.partition
     where p.topic = any($2) order by p.topic, p.partition`,
    [group, topics],
  );
  return rows.map(({ topic, partition, records }) => ({ topic, partition, records: BigInt(records) }));
}

/** For sessions that read in order: while statistics know nothing of the records, sorting all that follow looks cheap. */
export async function planByOffset(session: Session): Promise<void> {
  await session.query('set enable_sort = off; set enable_bitmapscan = off');
}

export async function selectAllPartitions(session: Session): Promise<Array<{ topic: string; partition: number }>> {
  const { rows } = await session.query<{ topic: string; partition: number }>(
    'select topic, partition from event_log.partitions order by topic, partition',
  );
  return rows;
}

/**
 * Deletes the first records of a partition, at most `limit`, as far as they are older than the topic keeps them; returns
 * how many. It reads from `first_offset` on, past what was deleted before and is not yet vacuumed.
 */
export async function deleteOldRecords(
  session: Session,
  of: { topic: string; partition: number },
  limit: number,
): Promise<number> {
  const { rows } = await session.query<{ deleted: number }>(
    `with begun as (
       select p.first_offset, clock_timestamp() - t.retention_ms * interval '1 millisecond' as since
       from event_log.partitions p join event_log.topics t on t.name = p.topic
       where p.topic = $1 and p.partition = $2
     ), candidates as (
       select "offset", appended_at from event_log.records
       where topic = $1 and partition = $2 and "offset" >= (select first_offset from begun) order by "offset" limit $3
     ), bound as (
       select coalesce(
         min("offset") filter (where appended_at >= (select since from begun)),
         max("offset") + 1
       ) as "offset" from candidates
     ), gone as (
       delete from event_log.records where topic = $1 and partition = $2
         and "offset" >= (select first_offset from begun) and "offset" < (select "offset" from bound)
       returning "offset"
     )
     update event_log.partitions set first_offset = (select max("offset") + 1 from gone)
     where topic = $1 and partition = $2 and exists (select from gone)
     returning (select count(*)::int from gone) as deleted`,
    [of.topic, of.partition, limit],
  );
  return rows[0]?.deleted ?? 0;
}
