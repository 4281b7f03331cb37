import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './_world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const scraps = fc.constantFrom(
  ...'{ } ( ) [ ] : ! = | & $ @ ... " """ # , \n \u0000 \ud800 0 -1 1e999 2147483648 null true on query mutation subscription fragment A B'.split(
    ' ',
  ),
  ...'posts post id nodes author comments first after user viewer $n $id Int Post Query __typename __schema @include(if: @skip(if: $x)'.split(
    ' ',
  ),
  'posts(first: 3) { nodes { id } }',
  'post(id: "p1") { id author { username } }',
  '... on Post { id }',
  '...A',
  'fragment A on Post { id ...B }',
  'query($n: Int = 3, $x: Boolean!)',
);
const graphqlish = fc.array(scraps, { maxLength: 40 }).map((parts) => parts.join(' '));
const value = fc.jsonValue({ maxDepth: 4 });
const body = fc.record(
  {
    query: fc.oneof({ weight: 6, arbitrary: graphqlish }, fc.string({ unit: 'binary' }), value),
    variables: fc.oneof(fc.dictionary(fc.constantFrom('n', 'x', 'id', '__proto__', 'representations'), value), value),
    operationName: fc.oneof(fc.constantFrom('A', 'B', '', null, '__proto__'), value),
    extensions: fc.oneof(fc.constant({}), value),
    documentId: fc.oneof(fc.string(), value),
  },
  { requiredKeys: [] },
);

test('no JSON body whatever is answered with 5xx, or with anything but data and errors', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 8, arbitrary: body }, value), async (json) => {
      const { status, body: answer } = await world.post(JSON.stringify(json));
      expect(status).toBeLessThan(500);
      expect(Object.keys(answer).filter((key) => key !== 'data' && key !== 'errors')).toEqual([]);
    }),
    { numRuns: 1_500 },
  );
  expect(world.logLines.filter(({ level }) => level === 'error')).toEqual([]);
}, 30_000);

test('no bytes whatever are answered with 5xx', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (bytes) => {
      expect((await world.post(bytes)).status).toBeLessThan(500);
    }),
    { numRuns: 200 },
  );
});

test('documents pieced together from valid parts are never answered with 5xx', async () => {
  const selection = fc.letrec((tie) => ({
    post: fc
      .array(
        fc.oneof(
          { maxDepth: 3 },
          fc.constantFrom('id', 'body', 'commentCount', '__typename', '...F'),
          tie('author'),
          tie('comments'),
        ),
        {
          minLength: 1,
          maxLength: 4,
        },
      )
      .map((parts) => parts.join(' ')),
    author: fc.constantFrom('author { id }', 'author { username bio }', 'author { posts(first: $n) { nodes { id } } }'),
    comments: tie('post').map((post) => `comments(first: $n) { nodes { id body post { ${post} } } }`),
  })).post;
  const size = fc.oneof(fc.integer({ min: -5, max: 20 }), fc.integer(), fc.constant(null));
  await fc.assert(
    fc.asyncProperty(selection, size, async (post, n) => {
      const { status } = await world.post({
        query: `query A($n: Int = 2) { posts(first: $n) { nodes { ${post} } } } fragment F on Post { commentCount ...G } fragment G on Post { author { displayName } }`,
        variables: { n },
      });
      expect(status).toBeLessThan(500);
    }),
    { numRuns: 300 },
  );
  expect(world.logLines.filter(({ level }) => level === 'error')).toEqual([]);
}, 30_000);
