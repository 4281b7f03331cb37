import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { append } from '@nova/outbox';
import { PostDeletedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { AssetDeletedSchema, UserDataErasedSchema } from '@nova/proto/nova/media/v1/media_events_pb.js';
import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import type { UserIdentity } from '@nova/runtime';
import { registerAccount } from '@nova/testkit';
import { sql } from 'kysely';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  assetOf,
  createUpload,
  deleteMedia,
  expireLinks,
  hasJobs,
  type MediaUnderTest,
  outboxOf,
  publishAs,
  put,
  settled,
  startMedia,
  uploaded,
} from './_media.ts';

let media: MediaUnderTest;
let other: UserIdentity;
beforeAll(async () => {
  media = await startMedia({ roles: ['graphql', 'grpc', 'consumers'], env: { ABANDONED_UPLOAD_SECONDS: '60' } });
  other = await registerAccount(media, 'grace');
});
afterAll(() => media?.stop());

const picture = () =>
  sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toBuffer();

async function shown(as: UserIdentity): Promise<string> {
  const id = await uploaded(media, as, { contentType: 'image/png', body: await picture() });
  expect(await settled(media, as, id)).toMatchObject({ state: 'READY' });
  return id;
}

const objectsOf = (id: string) => existsSync(join(media.mediaDirectory, 'objects', id));
const origin = {
  correlationId: 'correlation-1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

async function isGone(id: string): Promise<void> {
  await expect.poll(() => objectsOf(id)).toBe(false);
  await expect.poll(() => media.quota.rooms.has(id)).toBe(false);
}

test('a deleted asset is gone at once for readers, its objects and its room soon, with one event', async () => {
  const id = await shown(media.owner);
  const { url } = await assetOf(media, media.owner, id);
  await deleteMedia(media, media.owner, id);
  expect(await assetOf(media, media.owner, id)).toBeNull();
  await isGone(id);
  expect((await fetch(url.url)).status).toBe(404);
  const events = await outboxOf(media, id);
  expect(events.map(({ type }) => type)).toEqual(['media.asset_ready', 'media.asset_deleted']);
  expect(fromBinary(AssetDeletedSchema, events[1]?.payload ?? new Uint8Array())).toMatchObject({
    assetId: id,
    deletedBy: media.owner.userId,
  });
});

const isHeld = async (assetId: string) =>
  (await media.db.selectFrom('jobs').select('lease').where('asset_id', '=', assetId).execute()).some(
    ({ lease }) => lease !== null,
  );

test('what is sent with the link of a deleted asset is removed when the link has expired', async () => {
  const { data } = await createUpload(media, media.owner, { contentType: 'image/png', bytes: 3 });
  const { asset, upload } = data.createUpload;
  await deleteMedia(media, media.owner, asset.id);
  await expect.poll(() => media.quota.rooms.has(asset.id)).toBe(false);
  expect((await put(upload, Buffer.from('abc'))).status).toBe(200);
  expect(objectsOf(asset.id)).toBe(true);
  // Until the worker has put the job off, it would undo what follows.
  await expect.poll(() => isHeld(asset.id)).toBe(false);
  await expireLinks(media);
  await media.db.updateTable('jobs').set({ due_at: new Date() }).where('asset_id', '=', asset.id).execute();
  await expect.poll(() => hasJobs(media, asset.id)).toBe(false);
  expect(objectsOf(asset.id)).toBe(false);
});

test('an upload that nobody completes is removed after its time, and one that has time left stays', async () => {
  const announce = async () => (await createUpload(media, media.owner, { contentType: 'image/png', bytes: 3 })).data;
  const [forgotten, fresh] = [(await announce()).createUpload, (await announce()).createUpload];
  await put(forgotten.upload, Buffer.from('abc'));
  await media.db
    .updateTable('assets')
    .set({ upload_expires_at: new Date(Date.now() - 61_000) })
    .where('id', '=', forgotten.asset.id)
    .execute();
  await isGone(forgotten.asset.id);
  expect(await assetOf(media, media.owner, forgotten.asset.id)).toBeNull();
  expect(await assetOf(media, media.owner, fresh.asset.id)).toMatchObject({ state: 'WAITING' });
});

test('a deleted post takes its author’s media along, and nobody else’s', async () => {
  const [mine, foreign] = [await shown(media.owner), await shown(other)];
  const postId = randomUUID();
  const moderator = randomUUID();
  await publishAs(media, 'content', (tx) =>
    append(tx, PostDeletedSchema, {
      aggregateId: postId,
      message: { postId, authorId: media.owner.userId, deletedBy: moderator, mediaIds: [mine, foreign, 'nonsense'] },
      origin,
    }),
  );
  await isGone(mine);
  expect(await assetOf(media, media.owner, mine)).toBeNull();
  const row = await media.db.selectFrom('assets').select('deleted_by').where('id', '=', mine).executeTakeFirstOrThrow();
  expect(row.deleted_by).toBe(moderator);
  expect(await assetOf(media, other, foreign)).toMatchObject({ state: 'READY' });
});

test('of an erased person every object is gone before that is told, once, and nobody else loses anything', async () => {
  const person = await registerAccount(media, 'erased');
  const ids = [await shown(person), await shown(person)];
  const { data } = await createUpload(media, person, { contentType: 'image/png', bytes: 3 });
  ids.push(data.createUpload.asset.id);
  await put(data.createUpload.upload, Buffer.from('abc'));
  const stream = await media.send('mutation { createLiveStream { asset { id } streamKey } }', { as: person });
  expect(stream.errors).toEqual([]);
  const kept = await shown(other);
  await expireLinks(media);

  // Nothing is released for as long as that service is away, and so nothing is told.
  await media.quota.stop();
  await publishAs(media, 'user', (tx) =>
    append(tx, ErasureRequestedSchema, {
      aggregateId: person.userId,
      message: { userId: person.userId, requestedAt: timestampNow() },
      origin,
    }),
  );
  for (const id of ids) await expect.poll(() => objectsOf(id)).toBe(false);
  expect(await outboxOf(media, person.userId)).toEqual([]);
  await media.quota.start();
  await expect.poll(() => outboxOf(media, person.userId)).toHaveLength(1);
  const [told] = await outboxOf(media, person.userId);
  expect(told?.type).toBe('media.user_data_erased');
  expect(fromBinary(UserDataErasedSchema, told?.payload ?? new Uint8Array()).userId).toBe(person.userId);
  for (const id of ids) expect(media.quota.rooms.has(id)).toBe(false);
  expect(readdirSync(join(media.mediaDirectory, 'objects'))).not.toEqual(expect.arrayContaining(ids));
  expect(await tablesWith(person.userId)).toEqual(['assets', 'outbox_events']);
  const left = await media.db.selectFrom('active_assets').select('id').where('owner_id', '=', person.userId).execute();
  expect(left).toEqual([]);
  const links = await media.db
    .selectFrom('live_streams')
    .select('asset_id')
    .where('asset_id', '=', stream.data.createLiveStream.asset.id)
    .execute();
  expect(links).toEqual([]);
  expect(await assetOf(media, other, kept)).toMatchObject({ state: 'READY' });
});

test('of a person who never had anything it is told at once', async () => {
  const userId = randomUUID();
  await publishAs(media, 'user', (tx) =>
    append(tx, ErasureRequestedSchema, {
      aggregateId: userId,
      message: { userId, requestedAt: timestampNow() },
      origin,
    }),
  );
  await expect.poll(() => outboxOf(media, userId)).toHaveLength(1);
});

/** Tables in which any column of any row has the text: of a person ids stay where rows of entities and events do. */
async function tablesWith(text: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`.execute(media.db);
  const found: string[] = [];
  for (const { name } of rows) {
    const hits = await sql`select 1 from ${sql.id(name)} as row where row::text like ${`%${text}%`} limit 1`.execute(
      media.db,
    );
    if (hits.rows.length > 0) found.push(name);
  }
  return found;
}
