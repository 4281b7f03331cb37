import { randomUUID } from 'node:crypto';
import { headerNames, type Identity, type UserIdentity } from '@nova/runtime';
import { registerAccount, statementsDuring, userIdentity } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContentUnderTest, newComment, newPost, startContent } from './_content.ts';

let content: ContentUnderTest;
let viewer: UserIdentity;
beforeAll(async () => {
  content = await startContent();
  viewer = await registerAccount(content, 'grace');
});
afterAll(() => content?.stop());

const query = `query ($first: Int, $after: String) { viewerComments(first: $first, after: $after) {
  nodes { id body createdAt post { id } parent { id } } edges { cursor node { id } } pageInfo { hasNextPage endCursor } } }`;

function read(variables: { first?: number; after?: string | null }, as?: Identity) {
  return content.send(query, { ...(as && { as }), variables });
}

/** Comments on a post by the author of the tests; what the list of whoever wrote them is to have, in its order. */
async function insertComments(authorId: string, count: number): Promise<string[]> {
  const post_id = await newPost(content, {});
  const comments = Array.from({ length: count }, (_, n) => ({ post_id, author_id: authorId, body: `Comment ${n}` }));
  const rows = await content.db.insertInto('comments').values(comments).returning('id').execute();
  return rows
    .map(({ id }) => id)
    .sort()
    .reverse();
}

test('walking the viewer’s comments gives each once, the newest first, and none of others', async () => {
  const id = randomUUID();
  const newestFirst = await insertComments(id, 23);
  await insertComments(randomUUID(), 3);
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const { data, errors } = await read({ first: 5, after }, userIdentity(id));
    expect(errors).toEqual([]);
    const page: { nodes: { id: string }[]; edges: { node: { id: string } }[] } = data.viewerComments;
    expect(page.edges.map(({ node }) => node.id)).toEqual(page.nodes.map((node) => node.id));
    seen.push(...page.nodes.map((node) => node.id));
    after = data.viewerComments.pageInfo.hasNextPage ? data.viewerComments.pageInfo.endCursor : null;
  } while (after !== null);
  expect(seen).toEqual(newestFirst);
});

test('the viewer’s comments are for who is signed in, and a page or a cursor that is not of them is refused', async () => {
  const codes = async (answer: ReturnType<typeof read>) =>
    (await answer).errors.map(({ extensions }) => extensions.code);
  expect((await read({})).data.viewerComments).toBeNull();
  expect(await codes(read({}))).toEqual(['UNAUTHENTICATED']);
  expect(await codes(read({ first: 101 }, viewer))).toEqual(['INVALID_PAGE_SIZE']);
  const after = Buffer.from(`comment:${randomUUID()}`).toString('base64url');
  expect(await codes(read({ after }, viewer))).toEqual(['INVALID_CURSOR']);
});

test('a comment stays its author’s when the post is hidden from them, and the post and what it answers do not', async () => {
  const post = await newPost(content, {});
  const parentId = await newComment(content, { postId: post });
  const reply = await newComment(content, { postId: post, parentId, body: 'Mine.' }, viewer);
  const own = async () => (await read({}, viewer)).data.viewerComments.nodes;
  const comment = { id: reply, body: 'Mine.', createdAt: expect.any(String) };
  expect(await own()).toEqual([{ ...comment, post: { id: post }, parent: { id: parentId } }]);
  content.socialPeer.block(content.author.userId, viewer.userId);
  expect(await own()).toEqual([{ ...comment, post: null, parent: null }]);
});

test('a comment that was deleted is not listed', async () => {
  const as = await registerAccount(content, 'hedy');
  const id = await newComment(content, { postId: await newPost(content, {}) }, as);
  await content.send('mutation ($id: ID!) { deleteComment(input: { id: $id }) { deletedCommentId } }', {
    as,
    variables: { id },
  });
  expect((await read({}, as)).data.viewerComments.nodes).toEqual([]);
});

test.each([10, 50])('%i comments with their posts cost two SQL statements', async (first) => {
  const id = randomUUID();
  await insertComments(id, 60);
  const statements = await statementsDuring(async () => {
    const { data } = await content.send(
      'query ($first: Int) { viewerComments(first: $first) { nodes { body post { body } } } }',
      { as: userIdentity(id), variables: { first } },
    );
    expect(data.viewerComments.nodes).toHaveLength(first);
  });
  expect(statements).toHaveLength(2);
});

test('no cache keeps the viewer’s comments', async () => {
  const response = await fetch(content.content.graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [headerNames.identity]: await content.keys.sign(viewer) },
    body: JSON.stringify({ query: '{ viewerComments { nodes { id } } }' }),
  });
  await response.body?.cancel();
  expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
});
