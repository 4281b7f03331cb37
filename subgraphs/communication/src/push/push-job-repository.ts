import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { PushPlatform } from './push-device.ts';

/** What is sent to one device: ids and a kind, nothing else. */
export type PushContent = {
  readonly kind: string;
  readonly notificationId: string;
  readonly postId: string | null;
  readonly commentId: string | null;
  readonly conversationId: string | null;
};

/** One thing to send to one device, taken by one worker for a while. */
export type PushJob = PushContent & {
  readonly id: string;
  readonly deviceId: string;
  readonly platform: PushPlatform;
  readonly token: string;
  /** How often it was taken, this time included. */
  readonly attempts: number;
};

/** One job for each device that the users have on these platforms. */
export async function insertPushJobs(
  db: Kysely<Tables>,
  notices: readonly (Omit<PushContent, 'notificationId'> & { userId: string; notificationId: string | null })[],
  platforms: readonly PushPlatform[],
): Promise<void> {
  await sql`
    insert into push_jobs (device_id, kind, notification_id, post_id, comment_id, conversation_id)
    select device.id, notice.kind, coalesce(notice.notification_id, uuidv7()), notice.post_id, notice.comment_id,
      notice.conversation_id
    from unnest(
      ${notices.map(({ userId }) => userId)}::uuid[],
      ${notices.map(({ kind }) => kind)}::text[],
      ${notices.map(({ notificationId }) => notificationId)}::uuid[],
      ${notices.map(({ postId }) => postId)}::uuid[],
      ${notices.map(({ commentId }) => commentId)}::uuid[],
      ${notices.map(({ conversationId }) => conversationId)}::uuid[]
    ) as notice (user_id, kind, notification_id, post_id, comment_id, conversation_id)
    join push_devices device on device.user_id = notice.user_id
    where device.platform = any(${platforms}::text[])
    for key share of device`.execute(db);
}

/** Takes jobs that are due, the oldest first: for `leaseMs` nobody else does. */
export async function leasePushJobs(
  db: Kysely<Tables>,
  { limit, leaseMs, platforms }: { limit: number; leaseMs: number; platforms: readonly PushPlatform[] },
): Promise<PushJob[]> {
  const { rows } = await sql<PushJob>`
    update push_jobs job
    set attempts = job.attempts + 1, due_at = clock_timestamp() + make_interval(secs => ${leaseMs / 1_000}::float8)
    from push_devices device
    where device.id = job.device_id and job.id = any(array(
      select due.id from push_jobs due
      join push_devices on push_devices.id = due.device_id
      where due.due_at <= clock_timestamp() and push_devices.platform = any(${platforms}::text[])
      order by due.due_at limit ${limit} for update of due skip locked
    ))
    returning job.id, job.device_id as "deviceId", job.kind, job.notification_id as "notificationId",
      job.post_id as "postId", job.comment_id as "commentId", job.conversation_id as "conversationId", job.attempts,
      device.platform, device.token`.execute(db);
  return rows;
}

/** Nothing happens when another worker has taken the job since. */
export async function deletePushJob(db: Kysely<Tables>, job: Pick<PushJob, 'id' | 'attempts'>): Promise<void> {
  await db.deleteFrom('push_jobs').where('id', '=', job.id).where('attempts', '=', job.attempts).execute();
}

/** As `deletePushJob`. */
export async function delayPushJob(
  db: Kysely<Tables>,
  job: Pick<PushJob, 'id' | 'attempts'>,
  delayMs: number,
): Promise<void> {
  await db
    .updateTable('push_jobs')
    .set({ due_at: sql`clock_timestamp() + make_interval(secs => ${delayMs / 1_000}::float8)` })
    .where('id', '=', job.id)
    .where('attempts', '=', job.attempts)
    .execute();
}

/** With all that waits to be sent to it; not when the token was registered again for somebody else. */
export async function deleteGoneDevice(db: Kysely<Tables>, job: Pick<PushJob, 'deviceId' | 'token'>): Promise<void> {
  await db.deleteFrom('push_devices').where('id', '=', job.deviceId).where('token', '=', job.token).execute();
}

/** Counting stops here: beyond it the figure says "very many". */
export const pushJobsLimit = 100_000;

/** What waits to be sent. Ids are uuidv7, so the first is the oldest and says since when it waits. */
export async function countPushJobs(db: Kysely<Tables>): Promise<{ waiting: number; oldestAgeSeconds: number }> {
  const { rows } = await sql<{ waiting: number; oldestAgeSeconds: number }>`
    select (select count(*)::int from (select from push_jobs limit ${pushJobsLimit})) as waiting,
      coalesce((
        select greatest(extract(epoch from clock_timestamp() - uuid_extract_timestamp(id)), 0)
        from push_jobs order by id limit 1
      ), 0)::float8 as "oldestAgeSeconds"`.execute(db);
  return rows[0] ?? { waiting: 0, oldestAgeSeconds: 0 };
}
