import { randomUUID } from 'node:crypto';
import { fromBinary } from '@bufbuild/protobuf';
import { PostCreatedSchema, PostDeletedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { State } from '@nova/proto/nova/media/v1/media_service_pb.js';
import { registerAccount, statementsDuring } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContentUnderTest, newPost, startContent } from './_content.ts';

let content: ContentUnderTest;
let grace: string;
let alan: string;
beforeAll(async () => {
  content = await startContent();
  grace = (await registerAccount(content, 'grace_h')).userId;
  alan = (await registerAccount(content, 'Alan')).userId;
});
afterAll(() => content?.stop());

const creating = 'mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }';

async function refusal(input: object) {
  const variables = { input: { body: 'A post.', ...input } };
  const { errors } = await content.send(creating, { as: content.author, variables });
  return errors[0]?.extensions;
}

async function read(id: string) {
  const query = 'query ($id: ID!) { post(id: $id) { hashtags mentions { id } media { id } } }';
  return (await content.send(query, { variables: { id } })).data.post;
}

async function lastPayload(key: string): Promise<Uint8Array> {
  const { rows } = await sql<{ payload: Uint8Array }>`
    select payload from outbox_events where key = ${key} order by id desc limit 1`.execute(content.db);
  return rows[0]?.payload as Uint8Array;
}

test('who is mentioned is found among the accounts, once each; other text with an @ is text', async () => {
  const body = 'Hi @grace_h, (@ALAN) and @grace_h! Not @nobody_here, ada@grace_h.test, @@alan or @al.';
  const id = await newPost(content, { body });
  const { mentions } = await read(id);
  expect(mentions.map(({ id: userId }: { id: string }) => userId).toSorted()).toEqual([grace, alan].toSorted());
  const { mentionedUserIds } = fromBinary(PostCreatedSchema, await lastPayload(id));
  expect(mentionedUserIds.toSorted()).toEqual([grace, alan].toSorted());
});

test('an edit mentions and tags anew', async () => {
  const id = await newPost(content, { body: '@alan #one' });
  await content.send('mutation ($id: ID!) { editPost(input: { id: $id, body: "@grace_h #two" }) { post { id } } }', {
    as: content.author,
    variables: { id },
  });
  expect(await read(id)).toMatchObject({ hashtags: ['two'], mentions: [{ id: grace }] });
});

test('more mentions, hashtags or media than a post may have are refused with the limit', async () => {
  const many = (count: number, text: (n: number) => string) => Array.from({ length: count }, (_, n) => text(n));
  expect(await refusal({ body: many(11, (n) => `@user_${n}`).join(' ') })).toMatchObject({
    code: 'BAD_USER_INPUT',
    field: 'mentions',
    limit: 10,
  });
  expect(await refusal({ body: many(31, (n) => `#tag${n}`).join(' ') })).toMatchObject({
    field: 'hashtags',
    limit: 30,
  });
  expect(await refusal({ mediaIds: many(11, () => randomUUID()) })).toMatchObject({ field: 'mediaIds', limit: 10 });
});

test('hashtags are one however they are written, and numbers alone are none', async () => {
  const id = await newPost(content, { body: '#Ｓea #SEA #sea! #Été_2026 #2026 a#b ##c & #日本' });
  expect((await read(id)).hashtags).toEqual(['sea', 'été_2026', '日本'].toSorted());
});

test('posts with a hashtag are listed newest first, however it is asked for, until they are deleted', async () => {
  const first = await newPost(content, { body: 'Old #Lighthouse' });
  const second = await newPost(content, { body: 'New #lighthouse' });
  await newPost(content, { body: 'Other #lighthouses' });
  const list = async (hashtag: string) =>
    (
      await content.send('query ($hashtag: String) { posts(hashtag: $hashtag) { nodes { id } } }', {
        variables: { hashtag },
      })
    ).data.posts.nodes.map(({ id }: { id: string }) => id);
  for (const hashtag of ['lighthouse', '#lighthouse', 'LightHouse'])
    expect(await list(hashtag)).toEqual([second, first]);
  await content.send('mutation ($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }', {
    as: content.author,
    variables: { id: second },
  });
  expect(await list('lighthouse')).toEqual([first]);
  expect(await list('nothing')).toEqual([]);
});

test('media of the author that are uploaded are shown in the order given, and named in the events', async () => {
  const mediaIds = [randomUUID(), randomUUID(), randomUUID()];
  const [ready = '', processing = '', last = ''] = mediaIds;
  content.mediaPeer.put(ready, content.author.userId);
  content.mediaPeer.put(processing, content.author.userId, State.PROCESSING);
  content.mediaPeer.put(last, content.author.userId);
  const id = await newPost(content, { mediaIds });
  expect((await read(id)).media).toEqual(mediaIds.map((mediaId) => ({ id: mediaId })));
  expect(fromBinary(PostCreatedSchema, await lastPayload(id)).mediaIds).toEqual(mediaIds);
  await content.send('mutation ($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }', {
    as: content.author,
    variables: { id },
  });
  expect(fromBinary(PostDeletedSchema, await lastPayload(id)).mediaIds).toEqual(mediaIds);
});

test.each([
  ['of somebody else', () => grace, State.READY],
  ['whose upload failed', () => content.author.userId, State.FAILED],
  ['that were not uploaded', () => content.author.userId, State.WAITING],
])('media %s are refused by id', async (_what, owner, state) => {
  const [own, bad] = [randomUUID(), randomUUID()];
  content.mediaPeer.put(own, content.author.userId);
  content.mediaPeer.put(bad, owner(), state);
  expect(await refusal({ mediaIds: [own, bad] })).toMatchObject({ code: 'BAD_USER_INPUT', ids: [bad] });
});

test('media that nobody knows, or twice, are refused', async () => {
  const id = randomUUID();
  expect(await refusal({ mediaIds: [id, 'x'] })).toMatchObject({ code: 'BAD_USER_INPUT', ids: [id, 'x'] });
  expect(await refusal({ mediaIds: ['x'] })).toMatchObject({ code: 'BAD_USER_INPUT', ids: ['x'] });
  content.mediaPeer.put(id, content.author.userId);
  expect(await refusal({ mediaIds: [id, id] })).toMatchObject({ code: 'BAD_USER_INPUT', field: 'mediaIds' });
});

test('without media nobody is asked; with some, a post waits for the media domain', async () => {
  const id = randomUUID();
  content.mediaPeer.put(id, content.author.userId);
  await content.mediaPeer.stop();
  try {
    await newPost(content, { body: 'Only text' });
    expect(await refusal({ mediaIds: [id] })).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
  } finally {
    await content.mediaPeer.start(content.keys.verify);
  }
});

test.each([10, 50])('hashtags, mentions and media of %i posts cost one statement each', async (count) => {
  const rows = await content.db
    .insertInto('posts')
    .values(Array.from({ length: count }, () => ({ author_id: content.author.userId, body: 'Linked' })))
    .returning('id')
    .execute();
  await content.db
    .insertInto('post_media')
    .values(rows.flatMap(({ id }) => [0, 1].map((position) => ({ post_id: id, position, media_id: randomUUID() }))))
    .execute();
  await content.db
    .insertInto('post_hashtags')
    .values(rows.map(({ id }) => ({ post_id: id, hashtag: 'x' })))
    .execute();
  await content.db
    .insertInto('post_mentions')
    .values(rows.map(({ id }) => ({ post_id: id, user_id: alan })))
    .execute();
  const statements = await statementsDuring(async () => {
    const { data } = await content.send(
      `query ($ids: [_Any!]!) {
        _entities(representations: $ids) { ... on Post { hashtags mentions { id } media { id } } }
      }`,
      { variables: { ids: rows.map(({ id }) => ({ __typename: 'Post', id })) } },
    );
    expect(data._entities[count - 1]).toMatchObject({
      hashtags: ['x'],
      mentions: [{ id: alan }],
      media: { length: 2 },
    });
  });
  expect(statements).toHaveLength(4);
});
