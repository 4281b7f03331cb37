import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MediaUnderTest, startMedia } from './_media.ts';

let media: MediaUnderTest;
beforeAll(async () => {
  // Without a worker of its own.
  media = await startMedia();
});
afterAll(() => media?.stop());

/** Values of a series by kind. */
async function byKind(series: string): Promise<Record<string, number>> {
  const page = await (await fetch(`${media.media.adminUrl}/metrics`)).text();
  const samples = page.matchAll(new RegExp(`^${series}\\{[^}]*kind="(\\w+)"[^}]*\\} (\\d+)$`, 'gm'));
  return Object.fromEntries(Array.from(samples, ([, kind, value]) => [kind, Number(value)]));
}

async function newAsset(kind: 'IMAGE' | 'VIDEO', row: object = {}): Promise<string> {
  const upload = { owner_id: randomUUID(), kind, content_type: 'any/thing', bytes: 1, admitted_at: new Date() };
  const asset = { ...upload, upload_expires_at: new Date(0), state: 'PROCESSING' as const, ...row };
  return (await media.db.insertInto('assets').values(asset).returning('id').executeTakeFirstOrThrow()).id;
}

const failed = (failure: 'PROCESSING_FAILED' | 'UNREADABLE') => ({ state: 'FAILED', failure });

test('metrics say of each kind how many jobs wait, and how many uploads were given up', async () => {
  expect(await byKind('media_jobs_waiting')).toEqual({ IMAGE: 0, VIDEO: 0, REMOVAL: 0 });
  expect(await byKind('media_jobs_given_up')).toEqual({ IMAGE: 0, VIDEO: 0 });
  const [now, later] = [new Date(), new Date(Date.now() + 600_000)];
  const job = { correlation_id: 'correlation-1', traceparent: '' };
  const jobs = [
    { kind: 'IMAGE', due_at: now },
    { kind: 'IMAGE', due_at: later },
    { kind: 'VIDEO', due_at: now, lease: randomUUID(), leased_until: later },
    { kind: 'REMOVAL', due_at: now },
    // Its upload link has not expired.
    { kind: 'REMOVAL', due_at: later },
  ] as const;
  for (const each of jobs)
    await media.db
      .insertInto('jobs')
      .values({ ...job, ...each, asset_id: await newAsset('IMAGE') })
      .execute();
  await newAsset('VIDEO', failed('PROCESSING_FAILED'));
  await newAsset('IMAGE', failed('UNREADABLE'));
  await newAsset('IMAGE', { ...failed('PROCESSING_FAILED'), deleted_at: now, deleted_by: randomUUID() });
  const soon = { timeout: 10_000 };
  await expect.poll(() => byKind('media_jobs_waiting'), soon).toEqual({ IMAGE: 2, VIDEO: 1, REMOVAL: 1 });
  expect(await byKind('media_jobs_given_up')).toEqual({ IMAGE: 0, VIDEO: 1 });
});
