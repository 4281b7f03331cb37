import { randomUUID } from 'node:crypto';
import { append } from '@nova/outbox';
import type { Database } from '@nova/postgres';
import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import type { UserIdentity } from '@nova/runtime';
import { roles } from '@nova/subgraph';
import { openTestDatabase, registerAccount } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContentUnderTest, newComment, newPost, startContent } from './_content.ts';

let content: ContentUnderTest;
let other: UserIdentity;
let userDatabase: Database<unknown>;
let eventLog: Database<unknown>;
beforeAll(async () => {
  content = await startContent({ roles });
  other = await registerAccount(content, 'grace');
  userDatabase = openTestDatabase(content.database.urlFor('user'));
  eventLog = openTestDatabase(content.database.urlFor('content'));
});
afterAll(async () => {
  await userDatabase?.stop();
  await eventLog?.stop();
  await content?.stop();
});

/** As the user domain does when a person asks for it. */
async function requestErasure(userId: string): Promise<void> {
  const origin = { correlationId: randomUUID(), traceparent: '' };
  await userDatabase.db
    .transaction()
    .execute((tx) => append(tx, ErasureRequestedSchema, { aggregateId: userId, message: { userId }, origin }));
}

/** Types of the events of one key that were published, in their order. */
async function published(key: string): Promise<string[]> {
  const { rows } = await sql<{ type: string }>`
    select headers ->> 'event-type' as type from event_log.records where key = ${key} order by "offset"`.execute(
    eventLog.db,
  );
  return rows.map(({ type }) => type);
}

async function erased(userId: string): Promise<void> {
  await requestErasure(userId);
  await expect.poll(() => published(userId), { timeout: 110_000 }).toContain('content.user_data_erased');
}

/** Every row of every table of the domain's, as text. */
async function everything(): Promise<string> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'content' and table_type = 'BASE TABLE'`.execute(content.db);
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await sql<{ row: string }>`select to_jsonb(t)::text as row from ${sql.table(name)} t`.execute(
      content.db,
    );
    texts.push(...rows.map(({ row }) => `${name} ${row}`));
  }
  return texts.join('\n');
}

const send = (as: UserIdentity, query: string, variables: object) => content.send(query, { as, variables });
const editPost = 'mutation ($id: ID!, $body: String!) { editPost(input: { id: $id, body: $body }) { post { id } } }';
const deletePost = 'mutation ($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }';
const deleteComment = 'mutation ($id: ID!) { deleteComment(input: { id: $id }) { deletedCommentId } }';

test('after an erasure no table holds a text of the person, nor a link to them, and others keep what is theirs', async () => {
  const person = await registerAccount(content, 'erin');
  const { userId } = person;
  const mediaId = randomUUID();
  content.mediaPeer.put(mediaId, userId);
  const edited = await newPost(content, { body: 'secretOne #secretTag @grace', mediaIds: [mediaId] }, person);
  await send(person, editPost, { id: edited, body: 'secretTwo #secretTag' });
  const deleted = await newPost(content, { body: 'secretThree' }, person);
  await send(person, editPost, { id: deleted, body: 'secretFour' });
  await send(person, deletePost, { id: deleted });
  const under = await newComment(content, { postId: edited, body: 'By another, below' }, other);
  const postId = await newPost(content, { body: 'Of another, to @erin' }, other);
  const comment = await newComment(content, { postId, body: 'secretFive' }, person);
  const nested = await newComment(content, { postId, parentId: comment, body: 'secretSix' }, person);
  const reply = await newComment(content, { postId, parentId: nested, body: 'An answer' }, other);
  const removed = await newComment(content, { postId, body: 'secretSeven' }, person);
  await send(person, deleteComment, { id: removed });
  expect(await everything()).toMatch(/secret/i);

  await erased(userId);

  const after = await everything();
  expect(after).not.toMatch(/secret/i);
  const links = after
    .split('\n')
    .filter((row) => row.includes(userId) && !/^(posts|comments|outbox_events) /.test(row));
  expect(links).toEqual([]);
  expect(after).not.toContain(mediaId);
  const { data } = await content.send(
    `query ($id: ID!, $gone: ID!) {
      gone: post(id: $gone) { id }
      post(id: $id) { body mentions { id } commentCount comments { nodes { id body parent { id } } } }
    }`,
    { variables: { id: postId, gone: edited } },
  );
  expect(data).toEqual({
    gone: null,
    post: {
      body: 'Of another, to @erin',
      mentions: [],
      commentCount: 1,
      comments: { nodes: [{ id: reply, body: 'An answer', parent: null }] },
    },
  });
  const rows = await content.db.selectFrom('comments').selectAll().where('id', '=', under).execute();
  expect(rows).toMatchObject([{ body: 'By another, below', deleted_by: userId }]);
  // Each that was there has its event, and what was deleted before has no second one.
  const ofPosts = async (id: string) => (await published(id)).filter((type) => type === 'content.post_deleted').length;
  expect([await ofPosts(edited), await ofPosts(deleted)]).toEqual([1, 1]);
  const ofComments = (await published(postId)).filter((type) => type === 'content.comment_deleted');
  expect(ofComments).toHaveLength(3);
});

test('who wrote much is erased in many transactions, each of a bounded size, and every deletion is an event', async () => {
  const userId = randomUUID();
  const posts = await content.db
    .insertInto('posts')
    .values(Array.from({ length: 150 }, (_, n) => ({ author_id: userId, body: `secret ${n}` })))
    .returning('id')
    .execute();
  const [first] = posts as [{ id: string }];
  const discussed = Array.from({ length: 1_500 }, () => ({ post_id: first.id, author_id: other.userId, body: 'Hm' }));
  await content.db.insertInto('comments').values(discussed).execute();
  const elsewhere = await newPost(content, {}, other);
  const own = Array.from({ length: 150 }, () => ({ post_id: elsewhere, author_id: userId, body: 'secret' }));
  await content.db.insertInto('comments').values(own).execute();

  await erased(userId);

  const sizes = await sql<{ name: string; rows: number }>`
    select 'posts' as name, count(*)::int as rows from posts where author_id = ${userId} group by xmin
    union all
    select 'own comments', count(*)::int from comments where author_id = ${userId} group by xmin
    union all
    select 'others', count(*)::int from comments where post_id = ${first.id} group by xmin`.execute(content.db);
  const largest = (what: string) => Math.max(...sizes.rows.filter(({ name }) => name === what).map(({ rows }) => rows));
  expect([largest('posts'), largest('own comments'), largest('others')]).toEqual([100, 100, 1_000]);
  expect(await content.db.selectFrom('active_posts').select('id').where('author_id', '=', userId).execute()).toEqual(
    [],
  );
  const { rows } = await sql<{ deleted: number }>`
    select count(*)::int as deleted from event_log.records
    where headers ->> 'event-type' = 'content.post_deleted' and key = any(${posts.map(({ id }) => id)})`.execute(
    eventLog.db,
  );
  expect(rows).toEqual([{ deleted: 150 }]);
  const ofComments = (await published(elsewhere)).filter((type) => type === 'content.comment_deleted');
  expect(ofComments).toHaveLength(150);
});

test('to be erased twice, or without having written anything, is answered too', async () => {
  const userId = randomUUID();
  await erased(userId);
  await requestErasure(userId);
  const answers = async () => (await published(userId)).filter((type) => type === 'content.user_data_erased').length;
  await expect.poll(answers, { timeout: 20_000 }).toBe(2);
});
