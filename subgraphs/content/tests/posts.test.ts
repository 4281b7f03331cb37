import { randomUUID } from 'node:crypto';
import { anonymous } from '@nova/runtime';
import { registerAccount, statementsDuring, userIdentity } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startContent } from './_content.ts';

let content: Awaited<ReturnType<typeof startContent>>;

beforeAll(async () => {
  content = await startContent();
});
afterAll(() => content.stop());

async function createPost(body: string): Promise<string> {
  const answer = await content.send(
    `mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }`,
    { as: content.author, variables: { input: { body } } },
  );
  expect(answer.errors).toEqual([]);
  return answer.data.createPost.post.id;
}

test('a post that an active author creates is read back as it was written', async () => {
  const id = await createPost('  The first light over the harbour.  ');
  const answer = await content.send(`query ($id: ID!) { post(id: $id) { body author { id } commentCount } }`, {
    variables: { id },
  });
  expect(answer.data.post).toEqual({
    body: 'The first light over the harbour.',
    author: { id: content.author.userId },
    commentCount: 0,
  });
});

test('nobody creates a post without signing in', async () => {
  const answer = await content.send(`mutation { createPost(input: { body: "x" }) { post { id } } }`, { as: anonymous });
  expect(answer.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
});

test('an author whom identity does not know creates no post', async () => {
  const stranger = userIdentity(randomUUID());
  const answer = await content.send(`mutation { createPost(input: { body: "x" }) { post { id } } }`, { as: stranger });
  expect(answer.errors[0]?.extensions.code).toBe('ACCOUNT_INACTIVE');
  const rows = await content.db.selectFrom('posts').select('id').where('body', '=', 'x').execute();
  expect(rows).toEqual([]);
});

test.each([
  ['an empty body', '   ', 0],
  ['a body over 5000 characters', 'a'.repeat(5001), 5001],
])('%s is refused with the length it has and the length it may have', async (_name, body, length) => {
  const answer = await content.send(
    `mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }`,
    { as: content.author, variables: { input: { body } } },
  );
  expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'body', length, limit: 5000 });
});

test('a deleted post and its comments are gone for readers and kept with who deleted them and when', async () => {
  const id = await createPost('Soon gone.');
  await content.send(`mutation ($id: ID!) { addComment(input: { postId: $id, body: "Stay!" }) { comment { id } } }`, {
    as: content.author,
    variables: { id },
  });
  const deletion = await content.send(`mutation ($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }`, {
    as: content.author,
    variables: { id },
  });
  expect(deletion.data).toEqual({ deletePost: { deletedPostId: id } });
  const read = await content.send(`query ($id: ID!) { post(id: $id) { id } }`, { variables: { id } });
  expect(read.data.post).toBeNull();
  const comments = await content.db.selectFrom('comments').selectAll().where('post_id', '=', id).execute();
  expect(comments).toMatchObject([{ deleted_by: content.author.userId }]);
  const post = await content.db.selectFrom('posts').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  expect(post).toMatchObject({ body: 'Soon gone.', deleted_by: content.author.userId });
  expect(post.deleted_at).toBeInstanceOf(Date);
});

test('only its author deletes a post, and deleting what is not there says so', async () => {
  const id = await createPost('Mine.');
  const other = await registerAccount(content, 'grace');
  const document = `mutation ($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }`;
  const foreign = await content.send(document, { as: other, variables: { id } });
  expect(foreign.errors[0]?.extensions.code).toBe('FORBIDDEN');
  for (const missing of [randomUUID(), 'not-an-id']) {
    const answer = await content.send(document, { as: other, variables: { id: missing } });
    expect(answer.errors[0]?.extensions.code).toBe('NOT_FOUND');
  }
});

const deletions = {
  post: 'mutation ($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }',
  comment: 'mutation ($id: ID!) { deleteComment(input: { id: $id }) { deletedCommentId } }',
};

test.each(['post', 'comment'] as const)('a %s of somebody else is deleted by who may moderate that', async (kind) => {
  const postId = await createPost('Look at this!');
  const commenting = `mutation ($id: ID!) { addComment(input: { postId: $id, body: "Buy now" }) { comment { id } } }`;
  const added = await content.send(commenting, { as: content.author, variables: { id: postId } });
  const id: string = kind === 'post' ? postId : added.data.addComment.comment.id;
  const other = kind === 'post' ? 'delete:comment' : 'delete:post';
  const tryAs = async (...permissions: string[]) => {
    const moderator = userIdentity(randomUUID(), permissions);
    const { errors } = await content.send(deletions[kind], { as: moderator, variables: { id } });
    return errors.map(({ extensions }) => extensions.code);
  };
  expect(await tryAs()).toEqual(['FORBIDDEN']);
  expect(await tryAs(other)).toEqual(['FORBIDDEN']);
  expect(await tryAs('write:posts', other)).toEqual(['FORBIDDEN']);
  expect(await tryAs(`delete:${kind}`)).toEqual([]);
});

test('an account without the permission to write creates no post', async () => {
  const muted = userIdentity(content.author.userId, ['write:profile']);
  const answer = await content.send(`mutation { createPost(input: { body: "x" }) { post { id } } }`, { as: muted });
  expect(answer.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', scopes: ['write:posts'] });
});

test('a comment and the deletion of its post never both win', async () => {
  for (let round = 0; round < 10; round += 1) {
    const id = await createPost(`Race ${round}`);
    await Promise.all([
      content.send(`mutation ($id: ID!) { addComment(input: { postId: $id, body: "!" }) { comment { id } } }`, {
        as: content.author,
        variables: { id },
      }),
      content.send(`mutation ($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }`, {
        as: content.author,
        variables: { id },
      }),
    ]);
    const orphans = await content.db.selectFrom('active_comments').select('id').where('post_id', '=', id).execute();
    expect(orphans).toEqual([]);
  }
});

test.each([10, 50])('%i post references cost one SQL statement', async (size) => {
  const posts = await content.db
    .insertInto('posts')
    .values(Array.from({ length: size }, (_, n) => ({ author_id: randomUUID(), body: `Post ${n}` })))
    .returning('id')
    .execute();
  const representations = posts.map(({ id }) => ({ __typename: 'Post', id }));
  const statements = await statementsDuring(async () => {
    const answer = await content.send(
      `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Post { id body } } }`,
      { variables: { representations } },
    );
    expect(answer.data._entities).toHaveLength(size);
  });
  expect(statements).toHaveLength(1);
});

test.each([10, 50])('posts and comments of %i users cost one SQL statement each', async (size) => {
  const authors = Array.from({ length: size }, () => randomUUID());
  const posts = await content.db
    .insertInto('posts')
    .values(authors.flatMap((author_id) => [1, 2].map((n) => ({ author_id, body: `Post ${n}` }))))
    .returning(['id', 'author_id'])
    .execute();
  await content.db
    .insertInto('comments')
    .values(posts.map(({ id, author_id }) => ({ post_id: id, author_id, body: 'Well said.' })))
    .execute();
  const statements = await statementsDuring(async () => {
    const answer = await content.send(
      `query ($representations: [_Any!]!) {
        _entities(representations: $representations) {
          ... on User { posts(first: 5) { nodes { commentCount comments(first: 2) { nodes { body } } } } }
        }
      }`,
      { variables: { representations: authors.map((id) => ({ __typename: 'User', id })) } },
    );
    const users: Array<{ posts: { nodes: unknown[] } }> = answer.data._entities;
    expect(users.map(({ posts: { nodes } }) => nodes.length)).toEqual(authors.map(() => 2));
  });
  expect(statements).toHaveLength(3);
});

test('text that no database can hold is the sender’s mistake', async () => {
  const answer = await content.send(
    `mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }`,
    { as: content.author, variables: { input: { body: 'a\u0000b' } } },
  );
  expect(answer.errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
});
