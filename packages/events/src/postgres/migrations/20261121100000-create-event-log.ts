import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table event_log.topics (
      name text primary key check (name ~ '^[a-zA-Z0-9._-]{1,249}$'),
      partitions integer not null check (partitions > 0),
      retention_ms bigint not null check (retention_ms > 0)
    )`.execute(db);
  await sql`
    create table event_log.partitions (
      topic text not null references event_log.topics,
      partition integer not null,
      next_offset bigint not null default 0,
      first_offset bigint not null default 0,
      primary key (topic, partition),
      check (first_offset between 0 and next_offset)
    ) with (fillfactor = 20)`.execute(db);
  await sql`
    create table event_log.records (
      topic text not null,
      partition integer not null,
      "offset" bigint not null,
      key text not null,
      value bytea not null,
      headers jsonb not null,
      appended_at timestamptz not null default clock_timestamp(),
      primary key (topic, partition, "offset")
    )`.execute(db);
  // Small messages of protobuf hardly shrink: trying would only take time.
  await sql`alter table event_log.records alter column value set storage external`.execute(db);
  await sql`
    create table event_log.group_offsets (
      "group" text not null,
      topic text not null,
      partition integer not null,
      next_offset bigint not null,
      primary key ("group", topic, partition),
      foreign key (topic, partition) references event_log.partitions
    ) with (fillfactor = 20)`.execute(db);
  await createAppend(db);
  await sql`grant select, insert on event_log.topics to nova_event_log_member`.execute(db);
  await sql`grant select, insert, update on event_log.partitions to nova_event_log_member`.execute(db);
  await sql`grant select, insert, delete on event_log.records to nova_event_log_member`.execute(db);
  await sql`grant select, insert, update on event_log.group_offsets to nova_event_log_member`.execute(db);
}

/**
 * One call is one statement: a producer that stops half-way never holds the partitions. Whoever appends to a partition
 * waits for whoever did before to commit, so offsets have no gaps and are in commit order; the partitions are locked in
 * one order, so that two producers never wait for each other.
 */
async function createAppend(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function event_log.append(topics text[], parts integer[], keys text[], vals bytea[], heads text[])
    returns void language plpgsql as $$
    declare
      appended integer;
    begin
      perform from event_log.partitions p
        where (p.topic, p.partition) in (select r.topic, r.part from unnest(topics, parts) r (topic, part))
        order by p.topic, p.partition for update;
      with counted as (
        select r.topic, r.part, count(*) as records from unnest(topics, parts) r (topic, part) group by r.topic, r.part
      ), moved as (
        update event_log.partitions p set next_offset = p.next_offset + c.records
        from counted c where p.topic = c.topic and p.partition = c.part
        returning p.topic, p.partition, p.next_offset - c.records as base
      )
      insert into event_log.records (topic, partition, "offset", key, value, headers)
        select m.topic, m.partition, m.base + row_number() over (partition by r.topic, r.part order by r.place) - 1,
          r.key, r.val, r.head::jsonb
        from unnest(topics, parts, keys, vals, heads) with ordinality r (topic, part, key, val, head, place)
        join moved m on m.topic = r.topic and m.partition = r.part;
      get diagnostics appended = row_count;
      if appended <> cardinality(topics) then
        raise 'There is no such topic or partition.' using errcode = 'foreign_key_violation';
      end if;
      perform pg_notify('event_log_records', r.topic || ' ' || string_agg(distinct r.part::text, ' '))
        from unnest(topics, parts) r (topic, part) group by r.topic;
    end $$`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop function event_log.append(text[], integer[], text[], bytea[], text[])`.execute(db);
  for (const table of ['group_offsets', 'records', 'partitions', 'topics'])
    await sql`drop table ${sql.table(`event_log.${table}`)}`.execute(db);
}
