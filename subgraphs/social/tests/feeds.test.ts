import { randomUUID } from 'node:crypto';
import { PostCreatedSchema, PostDeletedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Feeds, startFeeds } from './_feeds.ts';
import type { Person } from './_social.ts';

const length = 20;
const pushMaxFollowers = 3;

let feeds: Feeds;
beforeAll(async () => {
  feeds = await startFeeds({ FEED_LENGTH: String(length), FEED_PUSH_MAX_FOLLOWERS: String(pushMaxFollowers) });
});
afterAll(() => feeds?.stop());

async function people<const N extends number>(count: N): Promise<Person[]> {
  return Promise.all(Array.from({ length: count }, () => feeds.person()));
}

/** Announces posts of an author, the last of which has timelines trimmed; their ids, newest first. */
async function announcePosts(author: Person, count: number): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select uuidv7()::text as id from generate_series(1, ${count})`.execute(
    feeds.db,
  );
  const ids = rows.map(({ id }, at) => id.replace(/.$/, at === count - 1 ? '0' : 'f')).sort();
  for (const [at, postId] of ids.entries()) {
    if (at === count - 1) await feeds.settled();
    await feeds.announce(PostCreatedSchema, postId, { postId, authorId: author.id });
  }
  await feeds.settled();
  return ids.reverse();
}

/** How many followers' timelines hold a post. */
async function copies(postId: string): Promise<number> {
  const rows = await feeds.db.selectFrom('timeline_entries').select('owner_id').where('post_id', '=', postId).execute();
  return rows.length;
}

test('a post and a follow at the same time never miss each other', async () => {
  const [author, early, late] = (await people(3)) as [Person, Person, Person];
  await feeds.relate(early, 'follow', author.id);
  await feeds.settled();
  const post = randomUUID();
  await feeds.db.transaction().execute(async (tx) => {
    // The consumer has read who follows the author, and waits for this before it can go on.
    await sql`insert into timeline_entries values (${early.id}, ${post}, ${author.id})`.execute(tx);
    await feeds.announce(PostCreatedSchema, post, { postId: post, authorId: author.id });
    await expect.poll(() => feeds.waitingFor('transactionid')).toBe(1);
    await feeds.relate(late, 'follow', author.id);
    await expect.poll(async () => (await feeds.waitingFor('advisory')) + (await feeds.handled(late.id))).toBe(1);
    await sql`delete from timeline_entries where post_id = ${post}`.execute(tx);
  });
  await feeds.settled();
  expect([await feeds.feed(early), await feeds.feed(late)]).toEqual([[post], [post]]);
});

test('pages stay as they are while new posts arrive', async () => {
  const [author, reader] = (await people(2)) as [Person, Person];
  await feeds.relate(reader, 'follow', author.id);
  const posts = await announcePosts(author, 6);
  const page = async (after: string | null) => {
    const { data } = await feeds.send(
      `query ($after: String) {
        homeFeed(first: 3, after: $after) {
          nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor }
        }
      }`,
      { as: reader.as, variables: { after } },
    );
    return data.homeFeed;
  };
  const first = await page(null);
  const [newer] = await announcePosts(author, 1);
  const second = await page(first.pageInfo.endCursor);
  const ids = (nodes: { id: string }[]) => nodes.map(({ id }) => id);
  expect([...ids(first.nodes), ...ids(second.nodes)]).toEqual(posts);
  expect(first.edges.map((edge: { node: { id: string } }) => edge.node.id)).toEqual(ids(first.nodes));
  expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false]);
  expect((await page(null)).nodes[0].id).toBe(newer);
});

test('who follows somebody later has the posts there were, until unfollowing or a block', async () => {
  const [author, reader] = (await people(2)) as [Person, Person];
  const posts = await announcePosts(author, 3);
  for (const [begin, end] of [
    ['follow', 'unfollow'],
    ['follow', 'block'],
  ] as const) {
    await feeds.relate(reader, begin, author.id);
    await feeds.settled();
    expect(await feeds.feed(reader)).toEqual(posts);
    await feeds.relate(reader, end, author.id);
    expect(await feeds.feed(reader)).toEqual([]);
    await feeds.settled();
    expect(await copies(posts[0] as string)).toBe(0);
  }
});

test('posts of who has many followers are not copied but read the same, in both directions over the limit', async () => {
  const [author, ...readers] = (await people(pushMaxFollowers + 3)) as [Person, ...Person[]];
  const [last, ...first] = readers.toReversed() as [Person, ...Person[]];
  for (const reader of first) await feeds.relate(reader, 'follow', author.id);
  await feeds.settled();
  const [merged] = await announcePosts(author, 1);
  expect(await copies(merged as string)).toBe(0);
  await feeds.relate(last, 'follow', author.id);
  await feeds.settled();
  for (const reader of readers) expect(await feeds.feed(reader)).toEqual([merged]);

  for (const reader of readers.slice(pushMaxFollowers)) await feeds.relate(reader, 'unfollow', author.id);
  await feeds.settled();
  const [pushed] = await announcePosts(author, 1);
  expect(await copies(pushed as string)).toBe(pushMaxFollowers);
  for (const reader of first) await feeds.relate(reader, 'follow', author.id);
  await feeds.settled();
  for (const reader of first) expect(await feeds.feed(reader, 1)).toEqual([pushed, merged]);

  await feeds.announce(PostDeletedSchema, pushed as string, { postId: pushed as string, authorId: author.id });
  await feeds.announce(PostDeletedSchema, merged as string, { postId: merged as string, authorId: author.id });
  await feeds.settled();
  for (const reader of first) expect(await feeds.feed(reader)).toEqual([]);
});

test('who follows an author of many followers gets no copies of older posts either, and reads them', async () => {
  const [author, ...readers] = (await people(pushMaxFollowers + 3)) as [Person, ...Person[]];
  const [early] = await announcePosts(author, 1);
  for (const [before, reader] of readers.entries()) {
    await feeds.relate(reader, 'follow', author.id);
    await feeds.settled();
    expect(await copies(early as string)).toBe(Math.min(before + 1, pushMaxFollowers));
  }
  for (const reader of readers) expect(await feeds.feed(reader)).toEqual([early]);
});

test('a timeline and an author keep the newest posts, as many as the setting says', async () => {
  const [one, two, reader, late] = (await people(4)) as [Person, Person, Person, Person];
  await feeds.relate(reader, 'follow', one.id);
  await feeds.relate(reader, 'follow', two.id);
  await feeds.settled();
  const older = await announcePosts(one, length + 5);
  const newer = await announcePosts(two, 4);
  const newest = [...newer, ...older].slice(0, length);
  expect(await feeds.feed(reader)).toEqual(newest);
  await feeds.relate(late, 'follow', one.id);
  await feeds.settled();
  expect(await feeds.feed(late)).toEqual(older.slice(0, length));
  const kept = await feeds.db.selectFrom('author_posts').select('post_id').where('author_id', '=', one.id).execute();
  expect(kept).toHaveLength(length);
});

test('a deleted post is forgotten with its likes', async () => {
  const [author, reader] = (await people(2)) as [Person, Person];
  const post = feeds.content.post(author);
  await feeds.react(reader, 'like', post);
  await feeds.announce(PostDeletedSchema, post, { postId: post, authorId: author.id });
  await feeds.settled();
  const { rows } = await sql`select post_id from likes where post_id = ${post} union all
    select post_id from post_likes where post_id = ${post}`.execute(feeds.db);
  expect(rows).toEqual([]);
});

test('a feed is for who is signed in', async () => {
  const { data, errors } = await feeds.send('{ homeFeed { nodes { id } } }');
  expect([data, errors[0]?.extensions.code]).toEqual([{ homeFeed: null }, 'UNAUTHENTICATED']);
});

test('a cursor of something else is refused', async () => {
  const [reader] = (await people(1)) as [Person];
  const after = Buffer.from(`follow:${randomUUID()}`).toString('base64url');
  const query = 'query ($after: String) { homeFeed(after: $after) { nodes { id } } }';
  const { errors } = await feeds.send(query, { as: reader.as, variables: { after } });
  expect(errors[0]?.extensions.code).toBe('INVALID_CURSOR');
});
