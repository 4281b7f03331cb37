import { fromBinary } from '@bufbuild/protobuf';
import {
  CommentAddedSchema,
  CommentDeletedSchema,
  PostCreatedSchema,
  PostDeletedSchema,
} from '@nova/proto/nova/content/v1/content_events_pb.js';
import { registerAccount } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startContent } from './_content.ts';

let content: Awaited<ReturnType<typeof startContent>>;
beforeAll(async () => {
  content = await startContent();
});
afterAll(() => content?.stop());
beforeEach(() => sql`truncate outbox_events`.execute(content.db));

const createPost = 'mutation ($body: String!) { createPost(input: { body: $body }) { post { id } } }';
const deletePost = 'mutation ($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }';
const addComment =
  'mutation ($postId: ID!) { addComment(input: { postId: $postId, body: "Hello" }) { comment { id } } }';
const deleteComment = 'mutation ($id: ID!) { deleteComment(input: { id: $id }) { deletedCommentId } }';

type EventRow = {
  readonly topic: string;
  readonly key: string;
  readonly type: string;
  readonly version: number;
  readonly payload: Uint8Array;
  readonly correlation_id: string;
  readonly traceparent: string;
};

async function outbox(): Promise<EventRow[]> {
  const { rows } = await sql<EventRow>`select * from outbox_events order by id`.execute(content.db);
  return rows;
}

test('every change of a post or its comments is an event of the post, in the order of the changes', async () => {
  const as = content.author;
  const post = (await content.send(createPost, { as, variables: { body: 'First' } })).data.createPost.post.id;
  const comment = (await content.send(addComment, { as, variables: { postId: post } })).data.addComment.comment.id;
  await content.send(deleteComment, { as, variables: { id: comment } });
  await content.send(deletePost, { as, variables: { id: post } });

  const rows = await outbox();
  expect(rows.map(({ topic, key, type, version }) => ({ topic, key, type, version }))).toEqual(
    ['post_created', 'comment_added', 'comment_deleted', 'post_deleted'].map((what) => ({
      topic: 'content.events',
      key: post,
      type: `content.${what}`,
      version: 1,
    })),
  );
  const [created, added, removed, deleted] = rows.map(({ payload }) => payload) as [Buffer, Buffer, Buffer, Buffer];
  const userId = as.userId;
  expect(fromBinary(PostCreatedSchema, created)).toMatchObject({ postId: post, authorId: userId });
  expect(fromBinary(CommentAddedSchema, added)).toMatchObject({ commentId: comment, postId: post, authorId: userId });
  expect(fromBinary(CommentDeletedSchema, removed)).toMatchObject({ commentId: comment, deletedBy: userId });
  expect(fromBinary(PostDeletedSchema, deleted)).toMatchObject({ postId: post, authorId: userId, deletedBy: userId });
});

test('an event carries the correlation id and the trace of the request that caused it', async () => {
  const headers = {
    'x-correlation-id': 'caused-by-this',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };
  await content.send(createPost, { as: content.author, variables: { body: 'Traced' }, headers });
  expect(await outbox()).toMatchObject([
    { correlation_id: headers['x-correlation-id'], traceparent: headers.traceparent },
  ]);
});

test('a change that is refused or fails leaves no event, and an event that cannot be written no change', async () => {
  const stranger = await registerAccount(content, 'mallory');
  const as = content.author;
  const post = (await content.send(createPost, { as, variables: { body: 'Mine' } })).data.createPost.post.id;
  await sql`truncate outbox_events`.execute(content.db);
  await content.send(createPost, { as, variables: { body: '' } });
  await content.send(deletePost, { as: stranger, variables: { id: post } });
  expect(await outbox()).toEqual([]);

  await sql`alter table outbox_events add constraint refused check (false) not valid`.execute(content.db);
  const { errors } = await content.send(createPost, { as, variables: { body: 'Never' } });
  await sql`alter table outbox_events drop constraint refused`.execute(content.db);
  expect(errors.map(({ extensions }) => extensions.code)).toEqual(['INTERNAL_ERROR']);
  const { rows } = await sql`select 1 from posts where body = 'Never'`.execute(content.db);
  expect(rows).toEqual([]);
});
