import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startContent } from './_content.ts';

const total = 57;
const author = randomUUID();
let content: Awaited<ReturnType<typeof startContent>>;
let newestFirst: string[];

beforeAll(async () => {
  content = await startContent();
  const rows = await content.db
    .insertInto('posts')
    .values(Array.from({ length: total }, (_, n) => ({ author_id: author, body: `Post ${n}` })))
    .returning('id')
    .execute();
  newestFirst = rows
    .map(({ id }) => id)
    .sort()
    .reverse();
});
afterAll(() => content.stop());

type Page = {
  nodes: Array<{ id: string }>;
  edges: Array<{ cursor: string; node: { id: string } }>;
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
};

const fields = `nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;

async function page(variables: object) {
  return content.send(`query ($first: Int, $after: String) { posts(first: $first, after: $after) { ${fields} } }`, {
    variables,
  });
}

test('walking a connection with any page sizes gives every row once, newest first', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
      const seen: string[] = [];
      let after: string | null = null;
      for (let step = 0; ; step += 1) {
        const first = sizes[step % sizes.length] as number;
        const answer = await page({ first, after });
        const posts: Page = answer.data.posts;
        seen.push(...posts.nodes.map(({ id }) => id));
        expect(posts.edges.map(({ node }) => node.id)).toEqual(posts.nodes.map(({ id }) => id));
        expect(posts.pageInfo.hasPreviousPage).toBe(after !== null);
        expect(posts.pageInfo.endCursor).toBe(posts.edges.at(-1)?.cursor ?? null);
        if (!posts.pageInfo.hasNextPage) break;
        after = posts.pageInfo.endCursor;
      }
      expect(seen).toEqual(newestFirst);
    }),
    { numRuns: 15 },
  );
});

test('a row that appears while a client pages moves no other row between pages', async () => {
  const first: Page = (await page({ first: 10 })).data.posts;
  const inserted = await content.db
    .insertInto('posts')
    .values({ author_id: author, body: 'Late' })
    .returning('id')
    .executeTakeFirstOrThrow();
  const second: Page = (await page({ first: 10, after: first.pageInfo.endCursor })).data.posts;
  expect(second.nodes.map(({ id }) => id)).toEqual(newestFirst.slice(10, 20));
  await content.db.deleteFrom('posts').where('id', '=', inserted.id).execute();
});

test('an empty page tells whether there is more', async () => {
  const empty: Page = (await page({ first: 0 })).data.posts;
  expect(empty).toMatchObject({ nodes: [], pageInfo: { hasNextPage: true, endCursor: null } });
});

test.each([-1, 101, 2_147_483_647])('a page of %i rows is refused with the figure and the limit', async (first) => {
  const answer = await page({ first });
  expect(answer.errors[0]?.extensions).toMatchObject({ code: 'INVALID_PAGE_SIZE', value: first, limit: 100 });
});

test('whatever text is sent as a cursor, only one of this connection is taken', async () => {
  const foreign = Buffer.from(`comment:${randomUUID()}`).toString('base64url');
  const forged = Buffer.from("post:' or 1=1 --").toString('base64url');
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.base64String(), fc.constantFrom(foreign, forged, '')), async (after) => {
      const answer = await page({ first: 1, after });
      expect(answer.errors[0]?.extensions.code).toBe('INVALID_CURSOR');
    }),
    { numRuns: 50 },
  );
});
