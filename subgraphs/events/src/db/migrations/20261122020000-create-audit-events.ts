import { type Kysely, sql } from 'kysely';

/**
 * Append-only: whoever may write here may neither change nor delete a row, its owner included. What is too old goes with its
 * month. Divided by when it was recorded, which is always now, so that no event is too early or too late for the months there are.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table audit_events (
      id uuid not null,
      recorded_at timestamptz not null default clock_timestamp(),
      type text not null,
      version integer not null,
      topic text not null,
      aggregate_id text not null,
      correlation_id text not null,
      occurred_at timestamptz not null,
      payload jsonb not null,
      primary key (id, recorded_at)
    ) partition by range (recorded_at)`.execute(db);
  for (const column of ['type', 'aggregate_id', 'correlation_id'])
    await sql`create index on audit_events (${sql.ref(column)}, id desc)`.execute(db);
  await sql`revoke update, delete, truncate on audit_events from current_user`.execute(db);
  await createKeepMonths(db);
  await sql`select keep_audit_months(13)`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop function keep_audit_months`.execute(db);
  await sql`drop table audit_events`.execute(db);
}

/** Makes the partitions of this month and the next, and drops those that ended more than `months` before this one. */
async function createKeepMonths(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function keep_audit_months(months integer) returns void language plpgsql as $$
    declare
      this_month timestamp := date_trunc('month', clock_timestamp() at time zone 'UTC');
      month timestamp;
      name text;
    begin
      perform pg_advisory_xact_lock(hashtextextended(current_schema() || ':audit-months', 0));
      for ahead in 0..1 loop
        month := this_month + make_interval(months => ahead);
        name := 'audit_events_' || to_char(month, 'YYYYMM');
        continue when to_regclass(quote_ident(name)) is not null;
        execute format('create table %I partition of audit_events for values from (%L) to (%L)',
          name, month at time zone 'UTC', (month + interval '1 month') at time zone 'UTC');
        execute format('revoke update, delete, truncate on %I from current_user', name);
      end loop;
      for name in
        select relname from pg_inherits join pg_class on pg_class.oid = inhrelid
        where inhparent = 'audit_events'::regclass
          and relname < 'audit_events_' || to_char(this_month - make_interval(months => months), 'YYYYMM')
      loop
        execute format('drop table %I', name);
      end loop;
    end $$`.execute(db);
}
