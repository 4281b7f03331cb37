import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { AssetFailedSchema } from '@nova/proto/nova/media/v1/media_events_pb.js';
import { sql } from 'kysely';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProcessingCommands } from '../src/assets/processing-commands.ts';
import { leaseJob, renewLease } from '../src/jobs/job-repository.ts';
import {
  complete,
  createUpload,
  expireLinks,
  hasJobs,
  type MediaUnderTest,
  outboxOf,
  put,
  settled,
  startMedia,
  uploaded,
} from './_media.ts';

let media: MediaUnderTest;
beforeAll(async () => {
  // The relay stays away, so that events can be looked at.
  const roles = ['graphql', 'grpc', 'consumers'] as const;
  media = await startMedia({ roles, env: { IMAGE_MAX_PIXELS: '4000000', JOB_LEASE_SECONDS: '2' } });
});
afterAll(() => media?.stop());

/** Half red, half blue, turned by the camera: what is shown is upright, 300 wide and 400 high. */
function photograph() {
  return sharp({ create: { width: 400, height: 300, channels: 3, background: 'red' } })
    .composite([{ input: { create: { width: 200, height: 300, channels: 3, background: 'blue' } }, left: 200, top: 0 }])
    .withExif({ IFD0: { Copyright: 'Ada' }, IFD3: { GPSLatitude: '48/1 51/1 30/1' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
}

test('of a picture variants are made, upright, without metadata and no larger than it is', async () => {
  const body = await photograph();
  expect((await sharp(body).metadata()).exif).toBeDefined();
  const id = await uploaded(media, media.owner, { contentType: 'image/jpeg', body });
  const asset = await settled(media, media.owner, id);
  expect(asset).toMatchObject({ state: 'READY', failure: null, width: 300, height: 400, durationMs: null });
  const sizes = { thumb: [120, 160], small: [300, 400], url: [300, 400] } as const;
  for (const [name, [width, height]] of Object.entries(sizes)) {
    const answer = await fetch(asset[name].url);
    expect(answer.headers.get('content-type')).toBe('image/webp');
    const bytes = Buffer.from(await answer.arrayBuffer());
    const found = await sharp(bytes).metadata();
    expect(found).toMatchObject({ format: 'webp', width, height });
    expect([found.exif, found.icc, found.xmp, found.orientation]).toEqual([undefined, undefined, undefined, undefined]);
    const top = await sharp(bytes).extract({ left: 10, top: 5, width: 20, height: 20 }).png().toBuffer();
    const { dominant } = await sharp(top).stats();
    expect(dominant.r).toBeGreaterThan(dominant.b);
  }
  expect((await outboxOf(media, id)).map(({ type }) => type)).toEqual(['media.asset_ready']);
  expect(await hasJobs(media, id)).toBe(false);
});

const red = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: 'red' } });

test.each([
  { what: 'of another type than announced', failure: 'TYPE_MISMATCH', make: () => red(50, 50).jpeg().toBuffer() },
  { what: 'no picture', failure: 'TYPE_MISMATCH', make: async () => Buffer.from('<svg xmlns="x"/>') },
  { what: 'cut off', failure: 'UNREADABLE', make: async () => (await noise()).subarray(0, 3_000) },
  { what: 'a bomb of pixels', failure: 'TOO_MANY_PIXELS', make: () => red(2_001, 2_000).png().toBuffer() },
])('a file that is $what fails, says why, and gives its room and its bytes back', async ({ failure, make }) => {
  const body = await make();
  const id = await uploaded(media, media.owner, { contentType: 'image/png', body });
  expect(await settled(media, media.owner, id)).toMatchObject({ state: 'FAILED', failure, url: null });
  await expect.poll(() => media.quota.rooms.has(id)).toBe(false);
  await expect.poll(() => existsSync(join(media.mediaDirectory, 'objects', id))).toBe(false);
  const events = await outboxOf(media, id);
  expect(events.map(({ type }) => type)).toEqual(['media.asset_failed']);
  expect(fromBinary(AssetFailedSchema, events[0]?.payload ?? new Uint8Array())).toMatchObject({
    ownerId: media.owner.userId,
    reason: failure,
  });
});

function noise() {
  return sharp({
    create: {
      width: 200,
      height: 200,
      channels: 3,
      background: 'red',
      noise: { type: 'gaussian', mean: 128, sigma: 50 },
    },
  })
    .png()
    .toBuffer();
}

test('what is sent after it was said to be complete is not what is shown', async () => {
  const [first, second] = [await red(60, 60).png().toBuffer(), await red(60, 60).negate().png().toBuffer()];
  expect(second.length).toBe(first.length);
  const { data } = await createUpload(media, media.owner, { contentType: 'image/png', bytes: first.length });
  const { asset, upload } = data.createUpload;
  await put(upload, first);
  await complete(media, media.owner, asset.id);
  const { url } = await settled(media, media.owner, asset.id);
  await put(upload, second);
  const shown = await sharp(Buffer.from(await (await fetch(url.url)).arrayBuffer())).stats();
  expect(shown.dominant.r).toBeGreaterThan(shown.dominant.b);
});

test('work of a process that died is done by another when its lease has run out, and what the dead one comes back with has no effect', async () => {
  const body = await red(30, 20).webp().toBuffer();
  const { data } = await createUpload(media, media.owner, { contentType: 'image/webp', bytes: body.length });
  const { asset, upload } = data.createUpload;
  await put(upload, body);
  // Takes the job before the worker can, holds it as a process that stands still, and is never heard of again.
  const dead = await media.db.transaction().execute(async (tx) => {
    await sql`lock table jobs in exclusive mode`.execute(tx);
    const insertion = { asset_id: asset.id, kind: 'IMAGE', correlation_id: 'correlation-1', traceparent: '' } as const;
    await tx
      .insertInto('jobs')
      .values({ ...insertion, lease: null, leased_until: null })
      .execute();
    await tx.updateTable('assets').set({ state: 'PROCESSING' }).where('id', '=', asset.id).execute();
    return leaseJob(tx, { kinds: ['IMAGE'], leaseSeconds: 3 });
  });
  if (!dead) throw new Error('There was no job.');
  const leasedUntil = await media.db
    .selectFrom('jobs')
    .select('leased_until')
    .where('id', '=', dead.id)
    .executeTakeFirstOrThrow();
  expect(await settled(media, media.owner, asset.id)).toMatchObject({ state: 'READY', width: 30, height: 20 });
  const { rows } = await sql<{ at: Date }>`select created_at as at from outbox_events where key = ${asset.id}`.execute(
    media.db,
  );
  expect(rows[0]?.at.getTime()).toBeGreaterThan(leasedUntil.leased_until?.getTime() ?? Number.POSITIVE_INFINITY);
  const late = createProcessingCommands({ db: media.db }).finish(dead, { failure: 'UNREADABLE' });
  await expect(late).rejects.toThrow('lease');
  expect(await renewLease(media.db, dead, 60)).toBe(false);
  expect(await settled(media, media.owner, asset.id)).toMatchObject({ state: 'READY', failure: null });
});

test('an upload that takes its process down every time is given up', async () => {
  const body = await red(30, 20).webp().toBuffer();
  const { data } = await createUpload(media, media.owner, { contentType: 'image/webp', bytes: body.length });
  const { asset, upload } = data.createUpload;
  await put(upload, body);
  await media.db.transaction().execute(async (tx) => {
    const crashed = { attempts: 5, lease: asset.id, leased_until: new Date(Date.now() - 1_000) };
    const insertion = { asset_id: asset.id, kind: 'IMAGE', correlation_id: 'correlation-1', traceparent: '' } as const;
    await tx
      .insertInto('jobs')
      .values({ ...insertion, ...crashed })
      .execute();
    await tx.updateTable('assets').set({ state: 'PROCESSING' }).where('id', '=', asset.id).execute();
  });
  expect(await settled(media, media.owner, asset.id)).toMatchObject({ state: 'FAILED', failure: 'PROCESSING_FAILED' });
});

test('while the service of quotas is away a deleted asset’s bytes are removed, and its room is given back when it returns', async () => {
  const body = await red(30, 20).webp().toBuffer();
  const { data } = await createUpload(media, media.owner, { contentType: 'image/webp', bytes: body.length });
  const { asset, upload } = data.createUpload;
  await put(upload, body);
  await media.quota.stop();
  await complete(media, media.owner, asset.id);
  await settled(media, media.owner, asset.id);
  await media.send('mutation ($id: ID!) { deleteMedia(input: { id: $id }) { deletedMediaId } }', {
    as: media.owner,
    variables: { id: asset.id },
  });
  await expireLinks(media);
  await expect.poll(() => attemptsOf(asset.id)).toBe(0);
  await expect.poll(() => existsSync(join(media.mediaDirectory, 'objects', asset.id))).toBe(false);
  expect(await hasJobs(media, asset.id)).toBe(true);
  await media.quota.start();
  await expect.poll(() => hasJobs(media, asset.id)).toBe(false);
  expect(media.quota.rooms.has(asset.id)).toBe(false);
  expect(media.quota.callers.at(-1)).toBe('service');
});

async function attemptsOf(id: string): Promise<number | undefined> {
  const row = await media.db.selectFrom('jobs').select('attempts').where('asset_id', '=', id).executeTakeFirst();
  return row?.attempts;
}
