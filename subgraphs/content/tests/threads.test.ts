import { fromBinary } from '@bufbuild/protobuf';
import { CommentAddedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import type { UserIdentity } from '@nova/runtime';
import { registerAccount, statementsDuring } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContentUnderTest, newComment, newPost, startContent } from './_content.ts';

let content: ContentUnderTest;
let other: UserIdentity;
beforeAll(async () => {
  content = await startContent();
  other = await registerAccount(content, 'grace');
});
afterAll(() => content?.stop());

const remove = (id: string) =>
  content.send('mutation ($id: ID!) { deleteComment(input: { id: $id }) { deletedCommentId } }', {
    as: content.author,
    variables: { id },
  });

type Thread = { id: string; replyCount: number; parent: { id: string } | null; replies: { nodes: Thread[] } };

/** The comments on a post as nested ids, three levels of them. */
async function threads(postId: string) {
  const level = (inner: string) => `nodes { id replyCount parent { id } replies { ${inner} } }`;
  const query = `query ($id: ID!) { post(id: $id) { commentCount comments { ${level(level(level('nodes { id }')))} } } }`;
  const { data } = await content.send(query, { variables: { id: postId } });
  const nested = ({ id, replies: { nodes } }: Thread): unknown[] => [
    id,
    ...nodes.map((each) => (each.replies ? nested(each) : [each.id])),
  ];
  return { count: data.post.commentCount, nodes: data.post.comments.nodes, ids: data.post.comments.nodes.map(nested) };
}

test('replies hang under what they answer, oldest first, and all are counted', async () => {
  const postId = await newPost(content, {});
  const first = await newComment(content, { postId });
  const second = await newComment(content, { postId });
  const reply = await newComment(content, { postId, parentId: first }, other);
  const deeper = await newComment(content, { postId, parentId: reply });
  const later = await newComment(content, { postId, parentId: first });
  const { ids, count, nodes } = await threads(postId);
  expect(ids).toEqual([[first, [reply, [deeper]], [later]], [second]]);
  expect(count).toBe(5);
  expect(nodes[0]).toMatchObject({ replyCount: 2, parent: null });
  expect(nodes[0].replies.nodes[0]).toMatchObject({ replyCount: 1, parent: { id: first } });
});

test('the event of a reply tells whose post and whose comment it answers', async () => {
  const postId = await newPost(content, {});
  const parentId = await newComment(content, { postId }, other);
  await newComment(content, { postId, parentId });
  const { rows } = await sql<{ payload: Uint8Array }>`
    select payload from outbox_events where key = ${postId} and type = 'content.comment_added' order by id`.execute(
    content.db,
  );
  const [first, second] = rows.map(({ payload }) => fromBinary(CommentAddedSchema, payload));
  const postAuthorId = content.author.userId;
  expect(first).toMatchObject({ postAuthorId, parentCommentId: '', parentAuthorId: '' });
  expect(second).toMatchObject({ postAuthorId, parentCommentId: parentId, parentAuthorId: other.userId });
});

test('a sixth level is refused with the limit', async () => {
  const postId = await newPost(content, {});
  let parentId: string | undefined;
  for (let depth = 1; depth <= 5; depth += 1) parentId = await newComment(content, { postId, parentId });
  const { errors } = await content.send(
    'mutation ($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }',
    { as: content.author, variables: { input: { postId, parentId, body: 'Too deep' } } },
  );
  expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'parentId', depth: 6, limit: 5 });
});

test('a comment on another post, a deleted one or none cannot be answered', async () => {
  const postId = await newPost(content, {});
  const elsewhere = await newComment(content, { postId: await newPost(content, {}) });
  const gone = await newComment(content, { postId });
  await remove(gone);
  for (const parentId of [elsewhere, gone, 'nothing']) {
    const { errors } = await content.send(
      'mutation ($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }',
      { as: content.author, variables: { input: { postId, parentId, body: 'Hm' } } },
    );
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND']);
  }
});

test('replies to a deleted comment answer what it answered', async () => {
  const postId = await newPost(content, {});
  const top = await newComment(content, { postId });
  const middle = await newComment(content, { postId, parentId: top });
  const low = await newComment(content, { postId, parentId: middle });
  await remove(middle);
  expect((await threads(postId)).ids).toEqual([[top, [low]]]);
  await remove(top);
  expect((await threads(postId)).ids).toEqual([[low]]);
});

test('a reply and the deletion of its parent leave no reply under what is gone', async () => {
  for (let round = 0; round < 10; round += 1) {
    const postId = await newPost(content, { body: `Race ${round}` });
    const parentId = await newComment(content, { postId });
    const add = 'mutation ($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }';
    await Promise.all([
      content.send(add, { as: content.author, variables: { input: { postId, parentId, body: '!' } } }),
      remove(parentId),
      content.send(add, { as: content.author, variables: { input: { postId, parentId, body: '!' } } }),
    ]);
    const lost = await content.db
      .selectFrom('active_comments')
      .select('id')
      .where('parent_id', '=', parentId)
      .execute();
    expect(lost).toEqual([]);
  }
});

test.each([10, 50])('the replies to %i comments and their numbers cost one statement each', async (count) => {
  const author_id = content.author.userId;
  const post_id = await newPost(content, {});
  const parents = await content.db
    .insertInto('comments')
    .values(Array.from({ length: count }, () => ({ post_id, author_id, body: 'Hm' })))
    .returning('id')
    .execute();
  await content.db
    .insertInto('comments')
    .values(parents.flatMap(({ id }) => [1, 2].map(() => ({ post_id, author_id, parent_id: id, body: 'Yes' }))))
    .execute();
  const statements = await statementsDuring(async () => {
    const { data } = await content.send(
      `query ($ids: [_Any!]!) {
        _entities(representations: $ids) { ... on Comment { replyCount replies(first: 1) { nodes { parent { id } } } } }
      }`,
      { variables: { ids: parents.map(({ id }) => ({ __typename: 'Comment', id })) } },
    );
    expect(data._entities[0]).toMatchObject({ replyCount: 2, replies: { nodes: { length: 1 } } });
  });
  expect(statements).toHaveLength(3);
});
