import type { ServerResponse } from 'node:http';
import type { Identity } from '@nova/runtime';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { createOneServer } from './_one-server.ts';
import { type ReceivedCall, users } from './_subgraphs.ts';
import { idOf, manifestOf, startWorld, type World } from './_world.ts';
import { createDice } from './hostile/dice.ts';
import { generateOperation } from './hostile/generated-operation.ts';

let world: World;
afterEach(() => world?.stop());

/** Two lists of users travel together: three authors of posts, then two of comments. */
const feed = '{ posts(first: 3) { nodes { author { username } comments { nodes { author { displayName } } } } } }';
const refs = (call: ReceivedCall) =>
  Object.values(call.variables).map((list) => (list as Array<{ id: string }>).map(({ id }) => id));
const until = (condition: () => unknown) => vi.waitUntil(condition, { timeout: 20_000, interval: 5 });

type Held = {
  readonly ids: readonly string[];
  answer(errors?: readonly object[], cacheControl?: string): void;
};

/** Has user keep each call until the test answers it, but for those that ask for `broken`: they fail, however often. */
function holdUsers(broken?: string): Held[] {
  const held: Held[] = [];
  world.subgraphs.user.misbehave((_request, response) => {
    const call = world.subgraphs.user.calls.at(-1) as ReceivedCall;
    const ids = refs(call).flat();
    if (broken !== undefined && ids.includes(broken)) {
      response.destroy();
      return;
    }
    held.push({
      ids,
      answer: (errors, cacheControl) => answerUsers(response, call, { errors, cacheControl }),
    });
  });
  return held;
}

function answerUsers(
  response: ServerResponse,
  call: ReceivedCall,
  { errors, cacheControl = 'no-store' }: { errors?: readonly object[] | undefined; cacheControl?: string | undefined },
): void {
  const data = Object.fromEntries(
    refs(call).map((ids, at) => [`_e${at}`, ids.map((id) => users.find((it) => it.id === id))]),
  );
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': cacheControl });
  response.end(JSON.stringify({ data, errors }));
}

type List<Node> = { readonly nodes: readonly Node[] };
type By<Author> = { readonly author: Author | null };
type Post = By<{ readonly username: string }> & { readonly comments: List<By<{ readonly displayName: string }>> };
const names = ({ data }: { readonly data: { readonly posts: List<Post> } }) =>
  data.posts.nodes.map(({ author, comments }) => [
    author?.username,
    ...comments.nodes.map((comment) => comment.author?.displayName),
  ]);
const everybody = [
  ['ada', 'ADA', 'GRACE'],
  ['grace', 'ADA', 'GRACE'],
  ['alan', 'ADA', 'GRACE'],
];

test('entities beyond the cap travel in further requests, filled across lists, and come together in order', async () => {
  world = await startWorld({ MAX_ENTITIES_PER_FETCH: '2' });
  const { status, body } = await world.post({ query: feed });
  expect([status, names(body)]).toEqual([200, everybody]);
  const sent = world.subgraphs.user.calls.map(refs).sort();
  expect(sent).toEqual([
    [[], ['u2']],
    [['u1', 'u2'], []],
    [['u3'], ['u1']],
  ]);
  expect(await world.series('gateway_fetch_entities_sum', { subgraph: 'user' })).toBe(5);
  expect(await world.series('gateway_fetch_entities_count', { subgraph: 'user' })).toBe(1);
});

test('four of the requests travel at a time', async () => {
  world = await startWorld({ MAX_ENTITIES_PER_FETCH: '1' });
  const held = holdUsers();
  const asked = world.post({ query: feed });
  await until(() => held.length === 4);
  // What else was on its way has come when another call has.
  await world.post({ query: '{ viewer { id } }' });
  expect(held).toHaveLength(4);
  held[3]?.answer();
  await until(() => held.length === 5);
  for (const call of [4, 2, 0, 1]) held[call]?.answer();
  expect(names((await asked).body)).toEqual(everybody);
});

test('errors of a later request stand where their entities do; one that fails costs its own', async () => {
  world = await startWorld({ MAX_ENTITIES_PER_FETCH: '1' });
  const held = holdUsers('u3');
  const asked = world.post({ query: feed });
  await until(() => held.length === 4);
  const refusal = (path: readonly unknown[], code: string) => [{ message: 'No.', path, extensions: { code } }];
  const [username, author] = held.filter(({ ids }) => ids[0] === 'u2');
  username?.answer(refusal(['_e0', 0, 'username'], 'FORBIDDEN'));
  author?.answer(refusal(['_e1', 0], 'CONFLICT'));
  for (const call of held.filter(({ ids }) => ids[0] === 'u1')) call.answer();
  const { status, body } = await asked;
  expect([status, names(body)]).toEqual([200, [everybody[0], everybody[1], [undefined, 'ADA', 'GRACE']]]);
  const told = body.errors.map(({ path, extensions }: { path: unknown[]; extensions: { code: string } }) => [
    extensions.code,
    path?.join('.'),
  ]);
  expect(told.sort()).toEqual([
    ['CONFLICT', 'posts.nodes.0.comments.nodes.1.author'],
    ['CONFLICT', 'posts.nodes.1.comments.nodes.1.author'],
    ['CONFLICT', 'posts.nodes.2.comments.nodes.1.author'],
    ['FORBIDDEN', 'posts.nodes.1.author.username'],
    ['SUBGRAPH_UNAVAILABLE', 'posts.nodes.2.author'],
  ]);
  const failure = body.errors.find(
    ({ extensions }: { extensions: { code: string } }) => extensions.code === 'SUBGRAPH_UNAVAILABLE',
  );
  expect(failure.extensions).toMatchObject({ service: 'user', retryable: true });
});

test('when all requests fail the fetch has failed, once', async () => {
  world = await startWorld({ MAX_ENTITIES_PER_FETCH: '1' });
  await world.subgraphs.user.kill();
  const { status, body, refusal } = await world.post({ query: feed });
  expect([status, body.errors.length, refusal.code]).toEqual([200, 1, 'SUBGRAPH_UNAVAILABLE']);
});

test('the answer may be kept as long as the strictest of the requests allows', async () => {
  const query = '{ post(id: "p1") { author { username } comments { nodes { author { displayName } } } } }';
  world = await startWorld({ MAX_ENTITIES_PER_FETCH: '1' }, { manifest: manifestOf([['Post', query]]) });
  world.subgraphs.content.cacheControl('max-age=60, public');
  const ask = async (...allowed: string[]) => {
    world.subgraphs.user.misbehave((_request, response) => {
      const call = world.subgraphs.user.calls.at(-1) as ReceivedCall;
      answerUsers(response, call, { cacheControl: allowed.shift() });
    });
    const answer = await world.get(`/graphql?documentId=${idOf(query)}`, { 'apollo-require-preflight': 'true' });
    return answer.headers.get('cache-control');
  };
  expect(await ask('max-age=9, public', 'max-age=5, public', 'max-age=7, public')).toBe('public, max-age=5');
  expect(await ask('max-age=9, public', 'max-age=9, private', 'max-age=9, public')).toBe('private, max-age=9');
  expect(await ask('max-age=9, public', 'no-store', 'max-age=9, public')).toBe('no-store');
});

test('whatever is asked, the answer in single entities is the one that a single server would give', async () => {
  const limits = { MAX_COMPLEXITY: '100000', MAX_FETCHES: '1000', MAX_WAVES: '100' };
  world = await startWorld({ ...limits, MAX_ENTITIES_PER_FETCH: '1' });
  const permissions = ['write:posts', 'write:profile'];
  const ada: Identity = { kind: 'user', userId: 'u1', sessionId: 's1', permissions };
  const authorization = `Bearer ${await world.issuer.token()}`;
  const askOneServer = createOneServer();
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (random) => {
      const { query, variables } = generateOperation(createDice(random));
      const { body } = await world.post({ query, variables }, { authorization });
      if (body.data === undefined) return;
      const expected = await askOneServer(query, variables, ada);
      expect({ query, variables, data: body.data }).toEqual({
        query,
        variables,
        data: JSON.parse(JSON.stringify(expected.data)),
      });
    }),
    { numRuns: 200 },
  );
  const fetches = await world.series('gateway_fetch_entities_count', { subgraph: 'user' });
  expect(await world.series('gateway_fetch_entities_sum', { subgraph: 'user' })).toBeGreaterThan(fetches);
});

test('a fetch that brings the operation over its number of entities is refused, with how many and where', async () => {
  world = await startWorld({ MAX_ENTITIES: '4' });
  const { status, body, refusal } = await world.post({ query: feed });
  expect([status, body.data.posts.nodes.length]).toEqual([200, 3]);
  expect(refusal).toMatchObject({
    code: 'ENTITY_LIMIT_EXCEEDED',
    entities: 5,
    limit: 4,
    costliestPath: 'posts.nodes.author',
  });
  expect(world.subgraphs.user.calls).toEqual([]);
  expect((await world.post({ query: feed.replace('author { username }', 'id') })).body.errors).toBeUndefined();
});

test('the number of entities may be measured only: an operation over it is counted once', async () => {
  world = await startWorld({ MAX_ENTITIES: '1', LIMIT_MODES: 'entities=warn' });
  const authorization = `Bearer ${await world.issuer.token()}`;
  const query = '{ viewer { user { username posts(first: 2) { nodes { author { bio } } } } } }';
  const { status, body } = await world.post({ query }, { authorization });
  expect([status, body.errors]).toEqual([200, undefined]);
  expect(await world.series('gateway_limits_tolerated_total', { limit: 'entities', mode: 'warn' })).toBe(1);
  expect(world.logLines.find(({ msg }) => msg === 'request')).toMatchObject({ entities: 3 });
  expect(world.logLines.filter(({ limit }) => limit === 'entities')).toEqual([
    expect.objectContaining({ allowed: 1, figure: 2 }),
  ]);
});
