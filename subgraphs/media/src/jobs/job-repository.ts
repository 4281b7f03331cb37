import type { EventOrigin } from '@nova/outbox';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { JobKind, LeasedJob } from './job.ts';

/** An asset has one job of a kind; the one that it has stays as it is. */
export async function insertJobs(
  db: Kysely<Tables>,
  { assetIds, kind, origin }: { assetIds: readonly string[]; kind: JobKind; origin: EventOrigin },
): Promise<void> {
  if (assetIds.length === 0) return;
  const { correlationId: correlation_id, traceparent } = origin;
  await db
    .insertInto('jobs')
    .values(assetIds.map((asset_id) => ({ asset_id, kind, correlation_id, traceparent })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** So that what is removed is not waited for. */
export async function makeDue(db: Kysely<Tables>, assetIds: readonly string[]): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ due_at: sql`now()` })
    .where('asset_id', '=', sql<string>`any(${assetIds}::uuid[])`)
    .execute();
}

/**
 * Leases the job that is due longest. A removal waits for the asset's other jobs, so that nothing is made after it. What a
 * process that died held is taken again when its lease has run out.
 */
export async function leaseJob(
  db: Kysely<Tables>,
  { kinds, leaseSeconds }: { kinds: readonly JobKind[]; leaseSeconds: number },
): Promise<LeasedJob | undefined> {
  const { rows } = await sql<LeasedJob>`
    update jobs set
      attempts = attempts + 1,
      lease = gen_random_uuid(),
      leased_until = now() + make_interval(secs => ${leaseSeconds}::float8)
    where id = (
      select id from jobs as due
      where kind = any(${kinds}::text[]) and due_at <= now() and (leased_until is null or leased_until < now())
        and (kind <> 'REMOVAL' or not exists (
          select from jobs as other where other.asset_id = due.asset_id and other.kind <> 'REMOVAL'))
      order by due_at limit 1
      for update skip locked
    )
    returning id, asset_id as "assetId", kind, attempts, lease, correlation_id as "correlationId", traceparent`.execute(
    db,
  );
  return rows[0];
}

/** False when somebody else holds the job by now, or did it. */
export async function renewLease(db: Kysely<Tables>, job: LeasedJob, leaseSeconds: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ leased_until: sql<Date>`now() + make_interval(secs => ${leaseSeconds}::float8)` })
    .where('id', '=', job.id)
    .where('lease', '=', job.lease)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** False when somebody else holds the job by now, or did it. */
export async function deleteJob(db: Kysely<Tables>, job: LeasedJob): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('jobs')
    .where('id', '=', job.id)
    .where('lease', '=', job.lease)
    .executeTakeFirst();
  return numDeletedRows === 1n;
}

/** Gives a job back, to be done after a while; what does not count is no attempt. */
export async function postponeJob(
  db: Kysely<Tables>,
  job: LeasedJob,
  { delayMs, counts }: { delayMs: number; counts: boolean },
): Promise<void> {
  await db
    .updateTable('jobs')
    .set({
      lease: null,
      leased_until: null,
      attempts: counts ? job.attempts : job.attempts - 1,
      due_at: sql`now() + make_interval(secs => ${delayMs / 1000}::float8)`,
    })
    .where('id', '=', job.id)
    .where('lease', '=', job.lease)
    .execute();
}

export async function hasJobsOf(db: Kysely<Tables>, ownerId: string): Promise<boolean> {
  const row = await db
    .selectFrom('jobs')
    .innerJoin('assets', 'assets.id', 'jobs.asset_id')
    .select('jobs.id')
    .where('assets.owner_id', '=', ownerId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** Counting stops here: beyond it a figure says "very many". */
export const jobsLimit = 100_000;

/** Of each kind, what waits to be done and what was given up. A removal waits from when it may be done. */
export async function countJobs(db: Kysely<Tables>): Promise<{ kind: JobKind; waiting: number; givenUp: number }[]> {
  const { rows } = await sql<{ kind: JobKind; waiting: number; givenUp: number }>`
    with waiting as (select kind from jobs where kind <> 'REMOVAL' or due_at <= now() limit ${jobsLimit}),
      given_up as (select kind from active_assets where failure = 'PROCESSING_FAILED' limit ${jobsLimit})
    select known.kind, (select count(*)::int from waiting where kind = known.kind) as waiting,
      (select count(*)::int from given_up where kind = known.kind) as "givenUp"
    from unnest(array['IMAGE', 'VIDEO', 'REMOVAL']) as known (kind)`.execute(db);
  return rows;
}
