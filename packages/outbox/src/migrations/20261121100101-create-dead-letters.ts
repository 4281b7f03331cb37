import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await createParkedKeys(db);
  await createDeadLetters(db);
  await createAudit(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await sql`drop table dead_letter_audit, dead_letters, parked_keys`.execute(db);
}

/** `due_at`: from when the replayer has something to look at; null while the key waits for an operator. */
async function createParkedKeys(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table parked_keys (
      consumer_group text not null,
      topic text not null,
      key text not null,
      parked_at timestamptz not null default clock_timestamp(),
      due_at timestamptz,
      primary key (consumer_group, topic, key)
    )`.execute(db);
  await sql`create index parked_keys_due on parked_keys (consumer_group, due_at) where due_at is not null`.execute(db);
}

async function createDeadLetters(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table dead_letters (
      id uuid primary key default uuidv7(),
      consumer_group text not null,
      sequence bigint generated always as identity,
      topic text not null,
      partition integer not null,
      "offset" bigint not null,
      key text not null,
      event_id uuid,
      event_type text,
      headers jsonb not null,
      value bytea not null,
      cause_code text not null,
      cause text not null,
      tries integer not null,
      failed_at timestamptz not null default clock_timestamp(),
      replay_requested_at timestamptz,
      replay_requested_by text,
      resolved_at timestamptz,
      resolution text check (resolution in ('replayed', 'discarded')),
      check ((resolved_at is null) = (resolution is null)),
      check ((replay_requested_at is null) = (replay_requested_by is null))
    )`.execute(db);
  // With the value, so that a topic that was made anew, and counts from zero again, is not taken for the old one.
  await sql`
    create unique index dead_letters_once on dead_letters (consumer_group, topic, partition, "offset", sha256(value))
    `.execute(db);
  const unresolved = { by_key: 'consumer_group, topic, key, sequence', by_cause: 'consumer_group, cause_code' };
  for (const [name, columns] of Object.entries({ ...unresolved, by_event: 'event_id', by_sequence: 'sequence' })) {
    await sql`
      create index ${sql.ref(`dead_letters_${name}`)} on dead_letters (${sql.raw(columns)}) where resolved_at is null
      `.execute(db);
  }
  await sql`create index dead_letters_resolved on dead_letters (resolved_at) where resolved_at is not null`.execute(db);
}

/** Without a foreign key: what was done is remembered longer than what it was done to. */
async function createAudit(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table dead_letter_audit (
      id bigint generated always as identity primary key,
      dead_letter_id uuid not null,
      consumer_group text not null,
      who text not null,
      what text not null check (what in ('request', 'replay', 'discard')),
      at timestamptz not null default clock_timestamp(),
      outcome text not null check (outcome in ('requested', 'replayed', 'duplicate', 'failed', 'blocked', 'discarded')),
      cause text
    )`.execute(db);
  await sql`create index dead_letter_audit_by_letter on dead_letter_audit (dead_letter_id, id)`.execute(db);
  await sql`create index dead_letter_audit_by_time on dead_letter_audit (at)`.execute(db);
}
