import { randomUUID } from 'node:crypto';
import { createLogger } from '@nova/runtime';
import { sql, type Transaction } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import type { Tables } from '../src/db/tables.ts';
import { deleteOldNotifications, withdrawActor } from '../src/notifications/notification-repository.ts';
import { startNotificationRetention } from '../src/notifications/notification-retention.ts';
import { drainDeletedSubject, noteDeletion } from '../src/notifications/subject-deletion.ts';
import { createCommunicationService } from '../src/service.ts';
import { type Communication, startCommunication } from './_communication.ts';

const days = 30;
let communication: Communication;
beforeAll(async () => {
  communication = await startCommunication();
});
afterAll(() => communication?.stop());
beforeEach(async () => {
  await sql`delete from notification_actors`.execute(communication.db);
  await sql`delete from notifications`.execute(communication.db);
  await sql`delete from deleted_subjects`.execute(communication.db);
  failures.length = 0;
});

/** So many notifications of that age about a post, each caused by so many people. */
async function add(
  count: number,
  {
    ageDays = 0,
    isRead = false,
    actors = 1,
    postId = randomUUID(),
  }: { ageDays?: number; isRead?: boolean; actors?: number; postId?: string },
) {
  await sql`
    with told as (
      insert into notifications (id, user_id, kind, post_id, created_at, updated_at, read_at)
      select uuidv7(), ${randomUUID()}::uuid, 'MENTION', ${postId}::uuid, now() - interval '1 year', age, case when ${isRead}::boolean then age end
      from generate_series(1, ${count}::int) cross join lateral (select now() - make_interval(days => ${ageDays}::int)) as aged (age)
      returning id)
    insert into notification_actors (notification_id, actor_id)
    select id, uuidv7() from told cross join generate_series(1, ${actors}::int)`.execute(communication.db);
}

const count = async (table: 'notifications' | 'notification_actors') => {
  const { rows } = await sql<{ rows: number }>`select count(*)::int as rows from ${sql.table(table)}`.execute(
    communication.db,
  );
  return rows[0]?.rows;
};

/** What was logged as an error. */
const failures: string[] = [];
const log = createLogger({ service: 'test', level: 'error', destination: { write: (line) => failures.push(line) } });

/** How many wait for a lock that this one holds. */
async function waitingFor(pid: number | undefined) {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from pg_stat_activity where ${pid}::int = any(pg_blocking_pids(pid))`.execute(
    communication.db,
  );
  return rows[0]?.waiting;
}

/** A process of communication that consumes events, and asks nobody. */
async function startProcess() {
  const { database, keys } = communication.subgraphs;
  const env = {
    APP_ENV: 'test',
    GRAPHQL_PORT: '0',
    GRPC_PORT: '0',
    ADMIN_PORT: '0',
    DATABASE_URL: database.urlFor('communication'),
    IDENTITY_PUBLIC_KEY_FILE: keys.identityPublicKeyFile,
    SERVICE_KEY_FILE: keys.serviceKeyFile,
    IDENTITY_GRPC_URL: '127.0.0.1:1',
    SOCIAL_GRPC_URL: '127.0.0.1:1',
    NOTIFICATION_RETENTION_DAYS: String(days),
  };
  const service = await createCommunicationService(toConfig(readEnv(env)), { log, roles: new Set(['consumers']) });
  onTestFinished(() => service.stop());
}

function startRetention() {
  const retention = startNotificationRetention({ db: communication.db, days, log });
  onTestFinished(() => retention.stop());
}

test('notifications to which nothing was added for so long go, read or not, and all others stay', async () => {
  await add(2, { ageDays: days + 1 });
  await add(2, { ageDays: days + 1, isRead: true });
  await add(3, { ageDays: days - 1 });
  await add(3, { ageDays: days - 1, isRead: true });
  await startProcess();
  await expect.poll(() => count('notifications')).toBe(6);
  expect(await count('notification_actors')).toBe(6);
});

const batch = { notifications: 50, actors: 400 };
const counted = async () => [(await count('notifications')) ?? 0, (await count('notification_actors')) ?? 0] as const;

/** Does it until there is no more, and says how many rows each transaction deleted at most, and how many are left. */
async function repeated(work: (tx: Transaction<Tables>) => Promise<{ more: boolean }>) {
  const most = [0, 0];
  for (let more = true; more; ) {
    const before = await counted();
    ({ more } = await communication.db.transaction().execute(work));
    const after = await counted();
    for (const at of [0, 1] as const) most[at] = Math.max(most[at] ?? 0, before[at] - after[at]);
  }
  return { most, left: await counted() };
}

test('however many are old, and however many people caused one, all go, a bounded number at a time', async () => {
  await add(403, { ageDays: days + 5 });
  await add(1, { ageDays: days + 400, actors: 1_800 });
  await add(3, { ageDays: days - 1 });
  expect(await repeated((tx) => deleteOldNotifications(tx, { days, batch }))).toEqual({
    most: [batch.notifications, batch.actors],
    left: [3, 3],
  });
});

test('however much was told of posts that are gone, all goes, a bounded number at a time', async () => {
  const [popular, discussed] = [randomUUID(), randomUUID()];
  await add(1, { postId: popular, actors: 1_800 });
  await add(203, { postId: discussed });
  await add(3, {});
  for (const postId of [popular, discussed])
    await communication.db.transaction().execute((tx) => noteDeletion(tx, postId));
  expect(await counted()).toEqual([207, 2_006]);
  expect(await repeated((tx) => drainDeletedSubject(tx, batch))).toEqual({
    most: [batch.notifications, batch.actors],
    left: [3, 3],
  });
});

test('several processes that do it at once neither fail nor leave anything', async () => {
  const postId = randomUUID();
  await add(2_000, { ageDays: days + 5, actors: 2 });
  await add(1_000, { ageDays: days + 5, actors: 2, postId });
  await communication.db.transaction().execute((tx) => noteDeletion(tx, postId));
  startRetention();
  startRetention();
  await expect.poll(counted).toEqual([0, 0]);
  expect(failures).toEqual([]);
});

test('who takes something back while its notification is deleted waits, and nobody waits in a circle', async () => {
  const actorId = randomUUID();
  await add(1, { ageDays: days + 5 });
  await sql`update notification_actors set actor_id = ${actorId}`.execute(communication.db);
  let takenBack: Promise<void> | undefined;
  await communication.db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ pid: number }>`
      select pg_backend_pid() as pid from notifications for update`.execute(tx);
    takenBack = communication.db.transaction().execute((other) => withdrawActor(other, { actorId }));
    // Handled when it is awaited.
    takenBack.catch(() => undefined);
    await expect.poll(() => waitingFor(rows[0]?.pid)).toBe(1);
    await deleteOldNotifications(tx, { days, batch });
  });
  await takenBack;
  expect(await counted()).toEqual([0, 0]);
});

test('what is gone is remembered for longer than events come again, and until nothing told of it is left', async () => {
  const ids = Array.from({ length: 3 }, () => randomUUID()) as [string, string, string];
  await sql`
    insert into deleted_subjects (subject_id, drained_at)
    select id, now() - make_interval(days => age) from unnest(${ids}::uuid[], array[null, 13, 15]) as gone (id, age)`.execute(
    communication.db,
  );
  await startProcess();
  const remembered = async () =>
    (await communication.db.selectFrom('deleted_subjects').select('subject_id').execute()).map((row) => row.subject_id);
  await expect.poll(async () => (await remembered()).toSorted()).toEqual(ids.slice(0, 2).toSorted());
});
