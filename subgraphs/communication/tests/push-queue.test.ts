import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Communication, startCommunication } from './_communication.ts';

let communication: Communication;
beforeAll(async () => {
  // Without a worker of its own.
  communication = await startCommunication();
});
afterAll(() => communication?.stop());

async function metric(series: string): Promise<number> {
  const { adminUrl } = communication.subgraphs.communication;
  const page = await (await fetch(`${adminUrl}/metrics`)).text();
  const line = page.split('\n').find((text) => text.startsWith(`${series}{`));
  return Number(line?.split(' ').at(-1));
}

test('metrics say how many pushes wait, also those that are tried later, and since when', async () => {
  const { db } = communication;
  expect([await metric('push_jobs_waiting'), await metric('push_job_oldest_age_seconds')]).toEqual([0, 0]);
  const device = { user_id: randomUUID(), platform: 'FCM' as const, token: randomUUID() };
  const { id } = await db.insertInto('push_devices').values(device).returning('id').executeTakeFirstOrThrow();
  await sql`
    insert into push_jobs (id, device_id, kind, notification_id, due_at)
    select uuidv7(age), ${id}::uuid, 'SYSTEM', uuidv7(), now() + interval '10 minutes'
    from unnest(array[interval '-2 hours', interval '-1 minute', interval '0']) as job (age)`.execute(db);
  await expect.poll(() => metric('push_jobs_waiting'), { timeout: 10_000 }).toBe(3);
  const age = await metric('push_job_oldest_age_seconds');
  expect(age).toBeGreaterThanOrEqual(7_200);
  expect(age).toBeLessThan(7_800);
});
