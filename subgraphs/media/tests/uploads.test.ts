import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { headerNames, type Identity } from '@nova/runtime';
import { registerAccount, statementsDuring, userIdentity } from '@nova/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { complete, createUpload, deleteMedia, type MediaUnderTest, put, startMedia } from './_media.ts';

let media: MediaUnderTest;
let stranger: Identity;
beforeAll(async () => {
  media = await startMedia();
  stranger = await registerAccount(media, 'mallory');
});
afterAll(() => media?.stop());
beforeEach(() => media.quota.setLimit(1_000_000_000));

const picture = { contentType: 'image/png', bytes: 100 };
const codeOf = ({ errors }: { errors: readonly { extensions: { code: string } }[] }) => errors[0]?.extensions.code;

async function announced(bytes = 100) {
  const { data } = await createUpload(media, media.owner, { ...picture, bytes });
  return data.createUpload as { asset: { id: string }; upload: Parameters<typeof put>[0] };
}

test('an upload is announced, sent with its link and completed once, however often that is said', async () => {
  const { asset, upload } = await announced();
  expect(media.quota.rooms.get(asset.id)).toBe(100);
  expect(codeOf(await complete(media, media.owner, asset.id))).toBe('CONFLICT');
  expect((await put(upload, randomBytes(100))).status).toBe(200);
  const answers = await Promise.all(Array.from({ length: 5 }, () => complete(media, media.owner, asset.id)));
  for (const { data } of answers) expect(data.completeUpload.asset.state).toBe('PROCESSING');
  expect(await media.db.selectFrom('jobs').select('kind').where('asset_id', '=', asset.id).execute()).toEqual([
    { kind: 'IMAGE' },
  ]);
});

test.each([
  ['a picture that is too large', { kind: 'IMAGE', contentType: 'image/png', bytes: 20_971_521 }, 'bytes'],
  ['a video that is too large', { kind: 'VIDEO', contentType: 'video/mp4', bytes: 524_288_001 }, 'bytes'],
  ['nothing', { kind: 'IMAGE', contentType: 'image/png', bytes: 0 }, 'bytes'],
  ['less than nothing', { kind: 'IMAGE', contentType: 'image/png', bytes: -1 }, 'bytes'],
  ['a vector graphic', { kind: 'IMAGE', contentType: 'image/svg+xml', bytes: 100 }, 'contentType'],
  ['a video as a picture', { kind: 'IMAGE', contentType: 'video/mp4', bytes: 100 }, 'contentType'],
] as const)('%s is not announced', async (_name, input, field) => {
  const { errors } = await createUpload(media, media.owner, input);
  expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
});

test('without room in the quota nothing is announced, and nobody sees that it was tried', async () => {
  media.quota.setLimit(0);
  const refused = await createUpload(media, media.owner, { ...picture, bytes: 77 });
  expect(refused.errors[0]).toMatchObject({
    message: expect.stringContaining('77 bytes'),
    extensions: { code: 'RESOURCE_EXHAUSTED', bytes: 77, limitBytes: 0 },
  });
  const { data } = await media.send('{ myMedia(first: 100) { nodes { bytes } } }', { as: media.owner });
  expect(data.myMedia.nodes).not.toContainEqual({ bytes: 77 });
});

test('while the service of quotas is away, nothing is announced', async () => {
  await media.quota.stop();
  expect(codeOf(await createUpload(media, media.owner, picture))).toBe('SERVICE_UNAVAILABLE');
  await media.quota.start();
  await expect.poll(async () => codeOf(await createUpload(media, media.owner, picture))).toBeUndefined();
});

test('an announcement that is repeated with its key is one asset and takes its room once, at once or later', async () => {
  const headers = { [headerNames.idempotencyKey]: `${'a'.repeat(64)}:${'b'.repeat(64)}` };
  const before = media.quota.rooms.size;
  const same = () => createUpload(media, media.owner, { ...picture, headers });
  const answers = [...(await Promise.all([same(), same(), same()])), await same()];
  const ids = new Set(answers.map(({ data }) => data.createUpload.asset.id));
  expect(ids.size).toBe(1);
  expect(media.quota.rooms.size).toBe(before + 1);
  const { asset, upload } = answers[0]?.data.createUpload ?? {};
  await put(upload, randomBytes(100));
  await complete(media, media.owner, asset.id);
  expect((await same()).data.createUpload).toMatchObject({
    asset: { id: asset.id, state: 'PROCESSING' },
    upload: null,
  });
});

test('what was refused for want of room is taken by a repeat when there is room', async () => {
  const headers = { [headerNames.idempotencyKey]: `${'c'.repeat(64)}:${'d'.repeat(64)}` };
  media.quota.setLimit(0);
  expect(codeOf(await createUpload(media, media.owner, { ...picture, headers }))).toBe('RESOURCE_EXHAUSTED');
  media.quota.setLimit(1_000_000_000);
  const { data } = await createUpload(media, media.owner, { ...picture, headers });
  expect(data.createUpload.upload.url).toMatch(/^http/);
});

test('who is not signed in, may not write, or has no active account announces nothing', async () => {
  const nobody = await media.send('mutation { createLiveStream { streamKey } }');
  expect(codeOf(nobody)).toBe('UNAUTHENTICATED');
  const muted = userIdentity(media.owner.userId, ['write:profile']);
  expect(codeOf(await createUpload(media, muted, picture))).toBe('FORBIDDEN');
  expect(codeOf(await createUpload(media, userIdentity(randomUUID()), picture))).toBe('ACCOUNT_INACTIVE');
});

test('until it can be shown its owner alone sees an asset, completes it and deletes it', async () => {
  const { asset, upload } = await announced();
  await put(upload, randomBytes(100));
  const seenBy = async (as: Identity) => {
    const { data } = await media.send('query ($id: ID!) { mediaAsset(id: $id) { id } }', {
      as,
      variables: { id: asset.id },
    });
    return data.mediaAsset;
  };
  expect(await seenBy(stranger)).toBeNull();
  expect(codeOf(await complete(media, stranger, asset.id))).toBe('NOT_FOUND');
  expect(codeOf(await deleteMedia(media, stranger, asset.id))).toBe('NOT_FOUND');
  expect(await seenBy(media.owner)).toEqual({ id: asset.id });
  expect((await deleteMedia(media, media.owner, asset.id)).data).toEqual({ deleteMedia: { deletedMediaId: asset.id } });
  expect(await seenBy(media.owner)).toBeNull();
  expect(codeOf(await deleteMedia(media, media.owner, asset.id))).toBe('NOT_FOUND');
});

test('others’ media that is shown may be deleted by who moderates posts, and by nobody else', async () => {
  const { id } = await media.db
    .insertInto('assets')
    .values(readyAsset(media.owner.userId))
    .returning('id')
    .executeTakeFirstOrThrow();
  expect(codeOf(await deleteMedia(media, stranger, id))).toBe('FORBIDDEN');
  const moderator = userIdentity(randomUUID(), ['delete:post']);
  expect((await deleteMedia(media, moderator, id)).errors).toEqual([]);
  const row = await media.db.selectFrom('assets').select('deleted_by').where('id', '=', id).executeTakeFirstOrThrow();
  expect(row.deleted_by).toBe((moderator as { userId: string }).userId);
});

test('my media are mine, newest first, in pages', async () => {
  const lister = await registerAccount(media, 'lister');
  const rows = await media.db
    .insertInto('assets')
    .values(Array.from({ length: 5 }, () => readyAsset(lister.userId)))
    .returning('id')
    .execute();
  const newestFirst = rows
    .map(({ id }) => id)
    .toSorted()
    .toReversed();
  const page = async (after: string | null) => {
    const { data } = await media.send(
      'query ($after: String) { myMedia(first: 3, after: $after) { nodes { id owner { id } } pageInfo { hasNextPage endCursor } } }',
      { as: lister, variables: { after } },
    );
    return data.myMedia;
  };
  const first = await page(null);
  const second = await page(first.pageInfo.endCursor);
  expect([...first.nodes, ...second.nodes]).toEqual(newestFirst.map((id) => ({ id, owner: { id: lister.userId } })));
  expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false]);
});

test.each([10, 50])('%i references with links cost one statement', async (size) => {
  const rows = await media.db
    .insertInto('assets')
    .values(Array.from({ length: size }, () => readyAsset(media.owner.userId)))
    .returning('id')
    .execute();
  const representations = rows.map(({ id }) => ({ __typename: 'MediaAsset', id }));
  const statements = await statementsDuring(async () => {
    const { data } = await media.send(
      `query ($representations: [_Any!]!) {
        _entities(representations: $representations) { ... on MediaAsset { id url(variant: SMALL) { url } } }
      }`,
      { as: stranger, variables: { representations } },
    );
    expect(data._entities.map(({ url }: { url: { url: string } }) => URL.canParse(url.url))).toEqual(
      rows.map(() => true),
    );
  });
  expect(statements).toHaveLength(1);
});

test('what arrives lies below the directory of media and nowhere else', async () => {
  const { asset, upload } = await announced(3);
  await put(upload, randomBytes(3));
  expect(existsSync(join(media.mediaDirectory, 'objects', asset.id, 'original'))).toBe(true);
});

function readyAsset(owner_id: string) {
  const now = new Date();
  return {
    owner_id,
    kind: 'IMAGE',
    state: 'READY',
    content_type: 'image/png',
    bytes: 1,
    width: 1,
    height: 1,
    upload_expires_at: now,
    admitted_at: now,
  } as const;
}
