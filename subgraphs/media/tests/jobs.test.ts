import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProcessingCommands } from '../src/assets/processing-commands.ts';
import type { JobKind, LeasedJob } from '../src/jobs/job.ts';
import { leaseJob, postponeJob } from '../src/jobs/job-repository.ts';
import { type MediaUnderTest, outboxOf, startMedia } from './_media.ts';

let media: MediaUnderTest;
beforeAll(async () => {
  // Without a worker of its own.
  media = await startMedia();
});
afterAll(() => media?.stop());

const origin = { correlation_id: 'correlation-1', traceparent: '' };
const lease = (kinds: JobKind[] = ['IMAGE', 'VIDEO', 'REMOVAL']) => leaseJob(media.db, { kinds, leaseSeconds: 60 });

async function newAssets(count: number, ownerId: string): Promise<string[]> {
  const upload = { owner_id: ownerId, kind: 'IMAGE', content_type: 'image/png', bytes: 1 } as const;
  const times = { upload_expires_at: new Date(0), admitted_at: new Date() };
  const rows = Array.from({ length: count }, () => ({ ...upload, ...times, state: 'PROCESSING' as const }));
  const inserted = await media.db.insertInto('assets').values(rows).returning('id').execute();
  return inserted.map(({ id }) => id);
}

async function addJobs(assetIds: readonly string[], kind: JobKind): Promise<void> {
  const rows = assetIds.map((asset_id) => ({ asset_id, kind, ...origin }));
  await media.db.insertInto('jobs').values(rows).execute();
}

/** All that is due, taken by several at once. */
async function leaseAll(): Promise<LeasedJob[]> {
  const taken: LeasedJob[] = [];
  await Promise.all(
    Array.from({ length: 3 }, async () => {
      for (let job = await lease(); job; job = await lease()) taken.push(job);
    }),
  );
  return taken;
}

const clear = () => media.db.deleteFrom('jobs').execute();

test('of many who look for work at the same time each job has one, and nobody waits for another', async () => {
  const ids = await newAssets(40, randomUUID());
  await addJobs(ids, 'IMAGE');
  const taken = await media.db.transaction().execute(async (tx) => {
    // Not committed while the others look.
    const first = (await leaseJob(tx, { kinds: ['IMAGE'], leaseSeconds: 60 })) as LeasedJob;
    return [first, ...(await leaseAll())];
  });
  expect(taken.map(({ assetId }) => assetId).toSorted()).toEqual(ids.toSorted());
  expect(new Set(taken.map(({ lease }) => lease)).size).toBe(40);
  await clear();
});

test('a worker takes the kinds it is for, and removals wait for what is still being made', async () => {
  const [asset = ''] = await newAssets(1, randomUUID());
  await addJobs([asset], 'VIDEO');
  await addJobs([asset], 'REMOVAL');
  expect(await lease(['IMAGE', 'REMOVAL'])).toBeUndefined();
  const video = await lease();
  expect(video).toMatchObject({ kind: 'VIDEO', attempts: 1 });
  expect(await lease()).toBeUndefined();
  await createProcessingCommands({ db: media.db }).finish(video as LeasedJob, { failure: 'UNREADABLE' });
  expect(await lease()).toMatchObject({ kind: 'REMOVAL', assetId: asset });
  await clear();
});

test('what does not count is no attempt, and what is postponed is not due before', async () => {
  const [asset = ''] = await newAssets(1, randomUUID());
  await addJobs([asset], 'IMAGE');
  await postponeJob(media.db, (await lease()) as LeasedJob, { delayMs: 0, counts: false });
  const again = (await lease()) as LeasedJob;
  expect(again.attempts).toBe(1);
  await postponeJob(media.db, again, { delayMs: 60_000, counts: true });
  expect(await lease()).toBeUndefined();
  const row = await media.db.selectFrom('jobs').select(['attempts', 'lease']).executeTakeFirstOrThrow();
  expect(row).toEqual({ attempts: 1, lease: null });
  await clear();
});

test('of removals that end at the same time one, the last, tells that a person is erased', async () => {
  const commands = createProcessingCommands({ db: media.db });
  for (let round = 0; round < 5; round += 1) {
    const userId = randomUUID();
    await media.db.insertInto('erasures').values({ user_id: userId }).execute();
    await addJobs(await newAssets(4, userId), 'REMOVAL');
    const jobs = await leaseAll();
    expect(jobs).toHaveLength(4);
    await Promise.all(jobs.map(async (job) => commands.finishRemoval(job, await commands.find(job))));
    expect((await outboxOf(media, userId)).map(({ type }) => type)).toEqual(['media.user_data_erased']);
    expect(await media.db.selectFrom('erasures').selectAll().where('user_id', '=', userId).execute()).toEqual([]);
  }
});
