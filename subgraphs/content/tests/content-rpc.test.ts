import { randomUUID } from 'node:crypto';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { ContentService, type Post, Visibility } from '@nova/proto/nova/content/v1/content_service_pb.js';
import { type CallTally, createCallTally, createRpcClient, type RpcClient } from '@nova/rpc';
import { callFor, statementsDuring } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContentUnderTest, newPost, startContent } from './_content.ts';

let content: ContentUnderTest;
let client: RpcClient<typeof ContentService>;
beforeAll(async () => {
  content = await startContent();
  client = createRpcClient(ContentService, { address: content.content.grpcAddress });
});
afterAll(async () => {
  client?.stop();
  await content?.stop();
});

const options = (tally?: CallTally) => callFor(content.keys, { ...(tally && { tally }) });

async function insertPosts(authorIds: readonly string[], more: object = {}): Promise<string[]> {
  const values = authorIds.map((author_id) => ({ author_id, body: 'A post.', ...more }));
  const rows = await content.db.insertInto('posts').values(values).returning('id').execute();
  return rows.map(({ id }) => id);
}

const people = (count: number) => Array.from({ length: count }, () => randomUUID());

test('posts come with all that a service may want, whoever may see them; those that are gone do not', async () => {
  const mediaIds = people(2);
  for (const id of mediaIds) content.mediaPeer.put(id, content.author.userId);
  const id = await newPost(content, { body: 'By the #Sea and the #harbour', visibility: 'FOLLOWERS', mediaIds });
  const gone = await newPost(content, {});
  await content.send('mutation ($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }', {
    as: content.author,
    variables: { id: gone },
  });
  const { posts } = await client.calls.getPosts({ ids: [id, gone, randomUUID()] }, await options());
  const [post] = posts as [Post];
  expect(posts).toHaveLength(1);
  expect(post).toMatchObject({
    id,
    authorId: content.author.userId,
    body: 'By the #Sea and the #harbour',
    hashtags: ['harbour', 'sea'],
    mediaIds,
    visibility: Visibility.FOLLOWERS,
  });
  expect(post.editedAt).toBeUndefined();
  expect(post.createdAt && timestampDate(post.createdAt).getTime()).toBeGreaterThan(Date.now() - 60_000);
});

test.each([10, 50])('%i posts cost three statements', async (count) => {
  const ids = await insertPosts(people(count));
  const statements = await statementsDuring(async () => {
    expect((await client.calls.getPosts({ ids }, await options())).posts).toHaveLength(count);
  });
  expect(statements).toHaveLength(3);
});

test('which posts a viewer sees is told as the graph shows it, with one statement and one call', async () => {
  const [open, stranger, followed, blocked] = people(4) as [string, string, string, string];
  const viewerId = randomUUID();
  content.socialPeer.follow(viewerId, followed);
  content.socialPeer.block(blocked, viewerId);
  const publicPosts = await insertPosts([open, followed, blocked]);
  const forFollowers = await insertPosts([stranger, followed, blocked, viewerId], { visibility: 'FOLLOWERS' });
  const postIds = [...publicPosts, ...forFollowers, randomUUID()];
  content.socialPeer.asked.length = 0;
  const tally = createCallTally(undefined);
  const statements = await statementsDuring(async () => {
    const { visiblePostIds } = await client.calls.checkPostVisible({ viewerId, postIds }, await options(tally));
    const [, ofFollowed, , own] = forFollowers;
    expect(visiblePostIds.toSorted()).toEqual([publicPosts[0], publicPosts[1], ofFollowed, own].toSorted());
  });
  expect(statements).toHaveLength(1);
  expect(content.socialPeer.asked).toHaveLength(1);
  expect(tally.made).toBe(2);
  const { visiblePostIds } = await client.calls.checkPostVisible({ viewerId: '', postIds }, await options());
  expect(visiblePostIds.toSorted()).toEqual(publicPosts.toSorted());
  expect(content.socialPeer.asked).toHaveLength(1);
});

test('while social is away nobody is told to see what is for followers', async () => {
  const [followed, viewerId] = people(2) as [string, string];
  content.socialPeer.follow(viewerId, followed);
  const postIds = await insertPosts([followed], { visibility: 'FOLLOWERS' });
  await content.socialPeer.stop();
  try {
    const { visiblePostIds } = await client.calls.checkPostVisible({ viewerId, postIds }, await options());
    expect(visiblePostIds).toEqual([]);
  } finally {
    await content.socialPeer.start(content.keys.verify);
  }
});

test.each([10, 50])(
  'the newest posts of %i authors cost one statement, newest first, so many of each',
  async (count) => {
    const authorIds = people(count);
    const ids: string[] = [];
    for (let round = 0; round < 3; round += 1) ids.push(...(await insertPosts(authorIds)));
    const statements = await statementsDuring(async () => {
      const { posts } = await client.calls.listRecentPosts({ authorIds, limit: 2 }, await options());
      expect(posts.map(({ id }) => id)).toEqual(ids.slice(count).toSorted().reverse());
      expect(new Set(posts.map(({ authorId }) => authorId))).toEqual(new Set(authorIds));
    });
    expect(statements).toHaveLength(1);
  },
);

test.each([
  ['no ids', async () => client.calls.getPosts({ ids: [] }, await options())],
  ['what is no id', async () => client.calls.getPosts({ ids: ['x'] }, await options())],
  [
    'a viewer that is no id',
    async () => client.calls.checkPostVisible({ viewerId: 'x', postIds: people(1) }, await options()),
  ],
  ['no limit', async () => client.calls.listRecentPosts({ authorIds: people(1), limit: 0 }, await options())],
])('%s is refused', async (_what, call) => {
  await expect(call()).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

async function streamed(afterId = ''): Promise<string[]> {
  const ids: string[] = [];
  for await (const { posts } of client.calls.streamPosts({ afterId }, await options()))
    ids.push(...posts.map(({ id }) => id));
  return ids;
}

test('a stream brings every post once in the order of ids, and goes on after any of them', async () => {
  await insertPosts(people(1_300), { body: 'Streamed' });
  const rows = await content.db.selectFrom('active_posts').select('id').orderBy('id').execute();
  const all = rows.map(({ id }) => id);
  expect(await streamed()).toEqual(all);
  expect(await streamed(all[700])).toEqual(all.slice(701));
  expect(await streamed(all.at(-1))).toEqual([]);
});

test('a stream whose reader stands still stops reading the database', async () => {
  const authorIds = people(2_000);
  for (let round = 0; round < 4; round += 1) await insertPosts(authorIds, { body: 'x'.repeat(1_000) });
  const stream = client.calls.streamPosts({ afterId: '' }, await options())[Symbol.asyncIterator]();
  const statements = await statementsDuring(async () => {
    await stream.next();
    // As many other calls as would have let it read everything.
    for (let call = 0; call < 100; call += 1)
      await client.calls.getPosts({ ids: authorIds.slice(0, 1) }, await options());
  });
  await stream.return?.();
  const reads = statements.filter((text) => text.includes('order by "id" limit')).length;
  // Each side's transport takes on 16 messages of 100 posts, and a little on the way; there are more than 80.
  expect(reads).toBeLessThan(45);
});
