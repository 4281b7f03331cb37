import { randomUUID } from 'node:crypto';
import { createLogger } from '@nova/runtime';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { startNotificationRetention } from '../src/notifications/notification-retention.ts';
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
});

/** So many notifications of that age, each caused by so many people. */
async function add(
  count: number,
  { ageDays, isRead = false, actors = 1 }: { ageDays: number; isRead?: boolean; actors?: number },
) {
  await sql`
    with told as (
      insert into notifications (id, user_id, kind, created_at, updated_at, read_at)
      select uuidv7(), ${randomUUID()}::uuid, 'FOLLOW', now() - interval '1 year', age, case when ${isRead}::boolean then age end
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

const log = createLogger({ service: 'test', level: 'silent' });

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

test('however many there are, and however many people caused one, all go, a bounded number at a time', async () => {
  await add(1_203, { ageDays: days + 5 });
  await add(1, { ageDays: days + 400, actors: 12_000 });
  startRetention();
  await expect.poll(() => count('notifications')).toBe(0);
  expect(await count('notification_actors')).toBe(0);
});

test('several processes that do it at once neither fail nor leave anything', async () => {
  await add(2_000, { ageDays: days + 5, actors: 2 });
  startRetention();
  startRetention();
  await expect.poll(() => count('notifications')).toBe(0);
});
