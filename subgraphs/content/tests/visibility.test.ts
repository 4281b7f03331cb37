import { randomUUID } from 'node:crypto';
import { anonymous, headerNames, type UserIdentity } from '@nova/runtime';
import { registerAccount, statementsDuring } from '@nova/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ContentUnderTest, newComment, newPost, startContent } from './_content.ts';

let content: ContentUnderTest;
let follower: UserIdentity;
let stranger: UserIdentity;
let blocked: UserIdentity;
let blocker: UserIdentity;

beforeAll(async () => {
  // Statements are counted.
  content = await startContent();
  follower = await registerAccount(content, 'follower');
  stranger = await registerAccount(content, 'stranger');
  blocked = await registerAccount(content, 'blocked');
  blocker = await registerAccount(content, 'blocker');
  const { author, socialPeer } = content;
  socialPeer.follow(follower.userId, author.userId);
  socialPeer.block(author.userId, blocked.userId);
  socialPeer.block(blocker.userId, author.userId);
  // Following does not help against a block.
  socialPeer.follow(blocked.userId, author.userId);
});
afterAll(() => content?.stop());
beforeEach(() => {
  content.socialPeer.asked.length = 0;
});

const references = `query ($ids: [_Any!]!) {
  _entities(representations: $ids) { ... on Post { body } ... on Comment { body } }
}`;

/** Whether each of the viewers sees it, at every door that leads to a post. */
async function whoSees(id: string) {
  const viewers = { anonymous, author: content.author, follower, stranger, blocked, blocker };
  const seen: Record<string, boolean> = {};
  for (const [name, as] of Object.entries(viewers)) {
    const authorId = content.author.userId;
    const { data } = await content.send(
      `query ($id: ID!, $ids: [_Any!]!, $user: [_Any!]!) {
        post(id: $id) { id }
        posts(first: 100) { nodes { id } }
        _entities(representations: $ids) { ... on Post { id } }
        users: _entities(representations: $user) { ... on User { posts(first: 100) { nodes { id } } } }
      }`,
      {
        as,
        variables: {
          id,
          ids: [{ __typename: 'Post', id }],
          user: [{ __typename: 'User', id: authorId }],
        },
      },
    );
    const has = (nodes: Array<{ id: string }>) => nodes.some((node) => node.id === id);
    const doors = [
      data.post !== null,
      has(data.posts.nodes),
      data._entities[0] !== null,
      has(data.users[0].posts.nodes),
    ];
    expect(new Set(doors).size, `${name} sees it at ${doors}`).toBe(1);
    seen[name] = doors[0] as boolean;
  }
  return seen;
}

test('a public post is seen by everybody but who is blocked, in either direction', async () => {
  expect(await whoSees(await newPost(content, { body: 'To all' }))).toEqual({
    anonymous: true,
    author: true,
    follower: true,
    stranger: true,
    blocked: false,
    blocker: false,
  });
});

test('a post for followers is seen by them and its author only', async () => {
  expect(await whoSees(await newPost(content, { body: 'To some', visibility: 'FOLLOWERS' }))).toEqual({
    anonymous: false,
    author: true,
    follower: true,
    stranger: false,
    blocked: false,
    blocker: false,
  });
});

test('a comment is seen by who sees its post and is not blocked by, or blocks, who wrote it', async () => {
  const postId = await newPost(content, {}, stranger);
  const comment = await newComment(content, { postId, body: 'From ada' });
  const reply = await newComment(content, { postId, parentId: comment, body: 'To ada' }, stranger);
  const read = `query ($id: ID!, $ids: [_Any!]!) {
    post(id: $id) { comments { nodes { id replies { nodes { id } } } } }
    _entities(representations: $ids) { ... on Comment { id parent { id } } }
  }`;
  const ids = [comment, reply].map((id) => ({ __typename: 'Comment', id }));
  const seen = await content.send(read, { as: follower, variables: { id: postId, ids } });
  expect(seen.data).toEqual({
    post: { comments: { nodes: [{ id: comment, replies: { nodes: [{ id: reply }] } }] } },
    _entities: [
      { id: comment, parent: null },
      { id: reply, parent: { id: comment } },
    ],
  });
  const unseen = await content.send(read, { as: blocked, variables: { id: postId, ids } });
  expect(unseen.data).toEqual({ post: { comments: { nodes: [] } }, _entities: [null, { id: reply, parent: null }] });

  const hidden = await newPost(content, { visibility: 'FOLLOWERS' });
  const inside = await newComment(content, { postId: hidden }, follower);
  const representation = { ids: [{ __typename: 'Comment', id: inside }] };
  expect((await content.send(references, { as: follower, variables: representation })).data._entities).not.toEqual([
    null,
  ]);
  for (const as of [stranger, anonymous])
    expect((await content.send(references, { as, variables: representation })).data._entities).toEqual([null]);
});

test('who does not see a post, or the comment to answer, cannot comment', async () => {
  const add = 'mutation ($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }';
  const codes = async (as: UserIdentity, input: object) => {
    const { errors } = await content.send(add, { as, variables: { input: { body: 'Hm', ...input } } });
    return errors.map(({ extensions }) => extensions.code);
  };
  const hidden = await newPost(content, { visibility: 'FOLLOWERS' });
  expect(await codes(stranger, { postId: hidden })).toEqual(['NOT_FOUND']);
  expect(await codes(follower, { postId: hidden })).toEqual([]);
  expect(await codes(blocked, { postId: await newPost(content, {}) })).toEqual(['NOT_FOUND']);
  const open = await newPost(content, {}, stranger);
  const parentId = await newComment(content, { postId: open });
  expect(await codes(blocker, { postId: open })).toEqual([]);
  expect(await codes(blocker, { postId: open, parentId })).toEqual(['NOT_FOUND']);
});

describe.each([10, 50])('of %i authors', (size) => {
  test('posts by reference, in lists and under users cost one call each, none for who is not signed in', async () => {
    const authors = Array.from({ length: size }, () => randomUUID());
    // The row beyond the page is the viewer's own, about which nobody is asked.
    await newPost(content, {}, stranger);
    const posts = await content.db
      .insertInto('posts')
      .values(authors.map((author_id) => ({ author_id, body: 'Many' })))
      .returning('id')
      .execute();
    const ids = posts.map(({ id }) => ({ __typename: 'Post', id }));
    const users = authors.map((id) => ({ __typename: 'User', id }));
    const asks = [
      { query: references, variables: { ids } },
      { query: `{ posts(first: ${size}) { nodes { body } } }` },
      {
        query: 'query ($ids: [_Any!]!) { _entities(representations: $ids) { ... on User { posts { nodes { id } } } } }',
        variables: { ids: users },
      },
    ];
    for (const { query, variables } of asks) {
      const statements = await statementsDuring(() => content.send(query, { as: stranger, variables }));
      expect(statements).toHaveLength(1);
      expect(content.socialPeer.asked.map((others) => others.length)).toEqual([size]);
      content.socialPeer.asked.length = 0;
      expect(await statementsDuring(() => content.send(query, { variables }))).toHaveLength(1);
      expect(content.socialPeer.asked).toEqual([]);
    }
  });

  test('the comments of many people on many posts cost one statement and one call', async () => {
    const author_id = stranger.userId;
    const posts = await content.db
      .insertInto('posts')
      .values(Array.from({ length: size }, () => ({ author_id, body: 'Discussed' })))
      .returning('id')
      .execute();
    await content.db
      .insertInto('comments')
      .values(posts.flatMap(({ id }) => [1, 2, 3].map(() => ({ post_id: id, author_id: randomUUID(), body: 'Hm' }))))
      .execute();
    const query = `query ($ids: [_Any!]!) {
      _entities(representations: $ids) { ... on Post { comments(first: 5) { nodes { body replyCount } } } }
    }`;
    const ids = posts.map(({ id }) => ({ __typename: 'Post', id }));
    const statements = await statementsDuring(() => content.send(query, { as: stranger, variables: { ids } }));
    expect(statements).toHaveLength(3);
    expect(content.socialPeer.asked.map((others) => others.length)).toEqual([3 * size]);
  });
});

test('own posts are read without a call', async () => {
  const id = await newPost(content, { visibility: 'FOLLOWERS' });
  const { data } = await content.send(`query ($id: ID!) { post(id: $id) { id } }`, {
    as: content.author,
    variables: { id },
  });
  expect(data.post).toEqual({ id });
  expect(content.socialPeer.asked).toEqual([]);
});

/** Ids of pages of `first`, one array a page. */
async function walk(first: number, as: UserIdentity): Promise<string[][]> {
  const pages: string[][] = [];
  let after: string | null = null;
  for (;;) {
    const { data, errors } = await content.send(
      `query ($first: Int, $after: String) {
        posts(first: $first, after: $after, hashtag: "paged") { nodes { id } pageInfo { hasNextPage endCursor } }
      }`,
      { as, variables: { first, after } },
    );
    expect(errors).toEqual([]);
    pages.push(data.posts.nodes.map(({ id }: { id: string }) => id));
    if (!data.posts.pageInfo.hasNextPage) return pages;
    after = data.posts.pageInfo.endCursor;
  }
}

test('a list without what is hidden still pages through all that is seen, with few statements a page', async () => {
  const insert = async (author_id: string, count: number) => {
    const rows = await content.db
      .insertInto('posts')
      .values(Array.from({ length: count }, () => ({ author_id, body: 'Paged' })))
      .returning('id')
      .execute();
    const links = rows.map(({ id }) => ({ post_id: id, hashtag: 'paged' }));
    await content.db.insertInto('post_hashtags').values(links).execute();
    return rows.map(({ id }) => id);
  };
  const seen: string[] = [];
  for (const hidden of [3, 120, 0, 700]) {
    seen.push(...(await insert(stranger.userId, 4)));
    await insert(content.author.userId, hidden || 1);
  }
  seen.push(...(await insert(stranger.userId, 4)));
  const newestFirst = seen.toSorted().reverse();
  for (const first of [1, 5, 50]) {
    const pages = await walk(first, blocked);
    expect(pages.flat()).toEqual(newestFirst);
    expect(pages.every((page) => page.length <= first)).toBe(true);
  }
  const statements = await statementsDuring(async () => {
    const { data } = await content.send(
      `{ posts(first: 5, hashtag: "paged") { nodes { id } pageInfo { hasNextPage } } }`,
      {
        as: blocked,
      },
    );
    expect(data.posts).toMatchObject({ nodes: { length: 4 }, pageInfo: { hasNextPage: true } });
  });
  expect(statements).toHaveLength(5);
});

async function cacheControl(query: string, variables: object, as: UserIdentity | typeof anonymous) {
  const response = await fetch(content.content.graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [headerNames.identity]: await content.keys.sign(as) },
    body: JSON.stringify({ query, variables }),
  });
  return response.headers.get('cache-control');
}

test('public posts may be kept for everybody who is not signed in, and what a user sees for that user only', async () => {
  const id = await newPost(content, {});
  const postId = id;
  const comment = await newComment(content, { postId });
  const user = { ids: [{ __typename: 'User', id: content.author.userId }] };
  const asks: ReadonlyArray<readonly [string, object, number]> = [
    ['query ($id: ID!) { post(id: $id) { body } }', { id }, 30],
    ['{ posts { nodes { body } } }', {}, 5],
    [references, { ids: [{ __typename: 'Post', id }] }, 30],
    [references, { ids: [{ __typename: 'Comment', id: comment }] }, 30],
    ['query ($ids: [_Any!]!) { _entities(representations: $ids) { ... on User { posts { nodes { id } } } } }', user, 5],
  ];
  for (const [query, variables, seconds] of asks) {
    expect(await cacheControl(query, variables, anonymous)).toBe(`max-age=${seconds}, public`);
    expect(await cacheControl(query, variables, stranger)).toBe(`max-age=${seconds}, private`);
  }
});

test('while social is away public posts are read, those for followers are not, and nobody comments', async () => {
  const open = await newPost(content, {}, stranger);
  const hidden = await newPost(content, { visibility: 'FOLLOWERS' });
  const read = async (id: string, as: UserIdentity | typeof anonymous) =>
    (await content.send('query ($id: ID!) { post(id: $id) { id } }', { as, variables: { id } })).data.post;
  await content.socialPeer.stop();
  try {
    for (const as of [anonymous, follower]) {
      expect(await read(open, as)).toEqual({ id: open });
      expect(await read(hidden, as)).toBeNull();
    }
    expect(await read(hidden, content.author)).toEqual({ id: hidden });
    const { errors } = await content.send(
      'mutation ($id: ID!) { addComment(input: { postId: $id, body: "!" }) { comment { id } } }',
      { as: follower, variables: { id: open } },
    );
    expect(errors[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
  } finally {
    await content.socialPeer.start(content.keys.verify);
  }
});
