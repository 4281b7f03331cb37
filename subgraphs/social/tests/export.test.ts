import { randomUUID } from 'node:crypto';
import { headerNames } from '@nova/runtime';
import { statementsDuring, userIdentity } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Social, startSocial } from './_social.ts';

let social: Social;
beforeAll(async () => {
  social = await startSocial();
});
afterAll(() => social?.stop());

const lists = ['viewerLikedPosts', 'viewerBlockedUsers'] as const;
type List = (typeof lists)[number];

const since = { viewerLikedPosts: 'likedAt', viewerBlockedUsers: 'blockedAt' };

function read(list: List, options: { as?: string; first?: number; after?: string | null }) {
  const { as, ...variables } = options;
  return social.send(
    `query ($first: Int, $after: String) { ${list}(first: $first, after: $after) {
      nodes { id } edges { cursor at: ${since[list]} ${list === 'viewerLikedPosts' ? 'postId' : ''} node { id } } pageInfo { hasNextPage endCursor } } }`,
    { ...(as !== undefined && { as: userIdentity(as) }), variables },
  );
}

/** Likes or blocks of somebody, beside some of others; what the list is to have, in its order. */
async function fill(list: List, viewer: string, count: number): Promise<string[]> {
  const other = randomUUID();
  const id = () => (list === 'viewerLikedPosts' ? social.content.post({ id: other }) : randomUUID());
  const ids = Array.from({ length: count }, id).sort();
  if (list === 'viewerLikedPosts') {
    const likes = ids.flatMap((post_id) => [viewer, other].map((user_id) => ({ post_id, user_id })));
    await social.db
      .insertInto('likes')
      .values([...likes, { post_id: randomUUID(), user_id: other }])
      .execute();
    return ids.reverse();
  }
  const blocks = ids.map((blocked_id) => ({ blocker_id: viewer, blocked_id }));
  const ofOthers = [viewer, randomUUID()].map((blocked_id) => ({ blocker_id: other, blocked_id }));
  await social.db
    .insertInto('blocks')
    .values([...blocks, ...ofOthers])
    .execute();
  return ids;
}

test.each(lists)('walking %s gives all that is the viewer’s once, and nothing of others', async (list) => {
  const viewer = randomUUID();
  const ids = await fill(list, viewer, 23);
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const { data, errors } = await read(list, { as: viewer, first: 5, after });
    expect(errors).toEqual([]);
    const page: { nodes: { id: string }[]; edges: { at: string; node: { id: string } }[] } = data[list];
    expect(page.edges.map(({ node }) => node)).toEqual(page.nodes);
    for (const { at } of page.edges) expect(Date.parse(at)).toBeGreaterThan(0);
    seen.push(...page.nodes.map(({ id }) => id));
    after = data[list].pageInfo.hasNextPage ? data[list].pageInfo.endCursor : null;
  } while (after !== null);
  expect(seen).toEqual(ids);
});

test.each(lists)('%s is for who is signed in, and a page or a cursor that is not of it is refused', async (list) => {
  const anonymous = await read(list, {});
  expect(anonymous.data[list]).toBeNull();
  expect(anonymous.errors.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED']);
  const tooMany = await read(list, { as: randomUUID(), first: 101 });
  expect(tooMany.errors.map(({ extensions }) => extensions.code)).toEqual(['INVALID_PAGE_SIZE']);
  const foreign = Buffer.from(`follow:${randomUUID()}`).toString('base64url');
  const misplaced = await read(list, { as: randomUUID(), after: foreign });
  expect(misplaced.errors.map(({ extensions }) => extensions.code)).toEqual(['INVALID_CURSOR']);
});

test.each(lists)('no cache keeps %s', async (list) => {
  const response = await fetch(social.social.graphqlUrl, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      [headerNames.identity]: await social.keys.sign(userIdentity(randomUUID())),
    },
    body: JSON.stringify({ query: `{ ${list} { nodes { id } } }` }),
  });
  expect((await response.json()) as object).toEqual({ data: { [list]: { nodes: [] } } });
  expect(response.headers.get('cache-control')).toBe('no-store');
});

test.each(lists)('a page of %s costs one SQL statement', async (list) => {
  const viewer = randomUUID();
  await fill(list, viewer, 60);
  const statements = await statementsDuring(async () => {
    const { data } = await read(list, { as: viewer, first: 50 });
    expect(data[list].nodes).toHaveLength(50);
  });
  expect(statements).toHaveLength(1);
});

test('what was taken back is in neither list', async () => {
  const [ada, grace] = [await social.person(), await social.person()];
  const post = social.content.post(grace);
  const ids = async (list: List) =>
    (await read(list, { as: ada.id })).data[list].nodes.map(({ id }: { id: string }) => id);
  expect(await social.react(ada, 'like', post)).toEqual([]);
  expect(await ids('viewerLikedPosts')).toEqual([post]);
  expect(await social.react(ada, 'unlike', post)).toEqual([]);
  expect(await social.relate(ada, 'block', grace.id)).toEqual([]);
  expect(await ids('viewerBlockedUsers')).toEqual([grace.id]);
  expect(await social.relate(ada, 'unblock', grace.id)).toEqual([]);
  expect([await ids('viewerLikedPosts'), await ids('viewerBlockedUsers')]).toEqual([[], []]);
});

test('a liked post that may not be seen any more is there by its id alone, whatever else is asked of it', async () => {
  const [ada, grace] = [await social.person(), await social.person()];
  const [seen, hidden] = [social.content.post(grace), social.content.post(grace)];
  for (const post of [seen, hidden]) expect(await social.react(ada, 'like', post)).toEqual([]);
  social.content.hide(hidden);
  const fields = 'id likeCount likers { nodes { id } }';
  const { data, errors } = await social.send(
    `{ viewerLikedPosts { nodes { ${fields} } edges { postId node { ${fields} } } } }`,
    { as: ada.as },
  );
  expect(errors).toEqual([]);
  const post = { id: seen, likeCount: 1, likers: { nodes: [{ id: ada.id }] } };
  const ids = [seen, hidden].sort().reverse();
  expect(data.viewerLikedPosts.nodes).toEqual(ids.map((id) => (id === seen ? post : null)));
  expect(data.viewerLikedPosts.edges).toEqual(ids.map((postId) => ({ postId, node: postId === seen ? post : null })));
});

test('content is asked once a page which of its posts may be seen, and not at all for their ids', async () => {
  const viewer = randomUUID();
  const ids = await fill('viewerLikedPosts', viewer, 60);
  const before = social.content.asked.length;
  await read('viewerLikedPosts', { as: viewer, first: 50 });
  expect(social.content.asked.slice(before).map((asked) => asked.toSorted())).toEqual([ids.slice(0, 50).toSorted()]);
  await social.send('{ viewerLikedPosts { edges { postId likedAt } } }', { as: userIdentity(viewer) });
  expect(social.content.asked).toHaveLength(before + 1);
});

test('while content is away what somebody likes is known by its ids, and each post is an error', async () => {
  const viewer = randomUUID();
  const ids = await fill('viewerLikedPosts', viewer, 3);
  await social.content.stop();
  const { data, errors } = await read('viewerLikedPosts', { as: viewer });
  expect(data.viewerLikedPosts.edges).toMatchObject(ids.map((postId) => ({ postId, node: null })));
  expect(data.viewerLikedPosts.nodes).toEqual([null, null, null]);
  expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['SERVICE_UNAVAILABLE']));
  expect(errors).toHaveLength(6);
});
