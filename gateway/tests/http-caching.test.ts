import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { idOf, manifestOf, startWorld, type World } from './_world.ts';

const feed = 'query Feed { posts(first: 2) { nodes { id author { username } } } viewer { id } }';
const name = 'query Name($id: ID!) { user(id: $id) { username } }';
const origin = 'https://nova.example';

let world: World;
beforeAll(async () => {
  const manifest = manifestOf([
    ['Feed', feed],
    ['Name', name],
    ['Typename', '{ __typename }'],
  ]);
  world = await startWorld({ PERSISTED_POLICY: 'open', CORS_ORIGINS: origin }, { manifest });
});
afterAll(() => world.stop());
beforeEach(() => hint('public, max-age=30', 'public, max-age=10', 'public, max-age=60'));

function hint(content?: string, user?: string, identity?: string): void {
  world.subgraphs.content.cacheControl(content);
  world.subgraphs.user.cacheControl(user);
  world.subgraphs.identity.cacheControl(identity);
}

const preflighted = { 'apollo-require-preflight': 'true' };
const get = (document: string, headers = {}, more = '') =>
  world.get(`/graphql?documentId=${idOf(document)}${more}`, { ...preflighted, ...headers });
const kept = async (...asked: Parameters<typeof get>) => (await get(...asked)).headers.get('cache-control');

test('of three subgraphs the one whose answer may be kept shortest decides', async () => {
  const { body, headers } = await get(feed);
  expect(body.errors).toBeUndefined();
  expect(headers.get('cache-control')).toBe('public, max-age=10');
  hint('public, max-age=3', 'public, max-age=10', 'public, max-age=60');
  expect(await kept(feed)).toBe('public, max-age=3');
});

test('one private part makes the whole private, signed in or not, and nothing else does', async () => {
  const signedIn = { authorization: `Bearer ${await world.issuer.token()}` };
  expect(await kept(feed, signedIn)).toBe('public, max-age=10');
  hint('public, max-age=30', 'public, max-age=10', 'max-age=60, private');
  expect(await kept(feed)).toBe('private, max-age=10');
  expect(await kept(feed, signedIn)).toBe('private, max-age=10');
});

test.each([
  [undefined],
  [''],
  ['no-store'],
  ['no-store, public, max-age=60'],
  ['public, no-cache, max-age=60'],
  ['public'],
  ['public, max-age=0'],
  ['public, max-age=-1'],
  ['public, max-age=sixty'],
])('a part that says %o is not kept, and so the whole is not', async (said) => {
  hint('public, max-age=30', 'public, max-age=10', said);
  expect(await kept(feed)).toBe('no-store');
});

test('a part that says for how long but not by whom is for the viewer alone', async () => {
  hint('public, max-age=30', 'max-age=10', 'public, max-age=60');
  expect(await kept(feed)).toBe('private, max-age=10');
});

test.each([
  [
    'that a subgraph told',
    'NOT_FOUND',
    { data: { _entities: [null, null] }, errors: [{ message: 'no', extensions: { code: 'NOT_FOUND' } }] },
  ],
  ['that it should have told', 'INTERNAL_ERROR', { data: { _entities: [{ username: null }, { username: null }] } }],
  ['of a subgraph that speaks no GraphQL', 'SUBGRAPH_UNAVAILABLE', 'what?'],
])('an answer with an error %s is not kept, whatever its header says', async (_what, code, answer) => {
  world.subgraphs.user.misbehave((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  });
  try {
    const { body, headers } = await get(feed);
    expect([body.errors[0].extensions.code, headers.get('cache-control')]).toEqual([code, 'no-store']);
    expect(headers.get('etag')).toBeNull();
  } finally {
    world.subgraphs.user.misbehave(undefined);
  }
});

test('a refusal is not kept', async () => {
  const unknown = await get('{ other }');
  expect([unknown.status, unknown.headers.get('cache-control')]).toEqual([404, 'no-store']);
  expect(await kept(name)).toBe('no-store');
});

test('only what is asked for by GET and by an id of the manifest is kept', async () => {
  const document = '{ user(id: "u1") { username } }';
  const documentId = idOf(document);
  const answers = [
    await world.post({ documentId: idOf(feed) }),
    await world.post({ query: document, documentId }),
    await get(document),
    await world.get(`/graphql?query=${encodeURIComponent(document)}`, preflighted),
    await world.get(`/graphql?query=${encodeURIComponent(feed)}`, preflighted),
    await get('{ __typename }'),
  ];
  for (const { body, headers } of answers) {
    expect(body.errors).toBeUndefined();
    expect(headers.get('cache-control')).toBe('no-store');
  }
});

test('what is kept says what it depends on besides its URL, each thing once', async () => {
  const { headers } = await get(feed, { 'accept-encoding': 'gzip', origin });
  const vary = headers.get('vary')?.toLowerCase().split(', ').sort();
  expect(vary).toEqual(['accept', 'accept-encoding', 'authorization', 'origin']);
});

test('an answer that the client has already is not sent again', async () => {
  const variables = (id: string) => `&variables=${encodeURIComponent(JSON.stringify({ id }))}`;
  const first = await get(name, {}, variables('u1'));
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^W\/"[\w-]{43}"$/);
  const again = await get(name, { 'if-none-match': `W/"other", ${etag}` }, variables('u1'));
  expect([again.status, again.text]).toEqual([304, '']);
  for (const header of ['etag', 'cache-control', 'vary'])
    expect(again.headers.get(header)).toBe(first.headers.get(header));
  expect(again.headers.get('content-type')).toBeNull();
  const other = await get(name, { 'if-none-match': etag }, variables('u2'));
  expect([other.status, other.body]).toEqual([200, { data: { user: { username: 'grace' } } }]);
  const posted = await world.post({ documentId: idOf(name), variables: { id: 'u1' } }, { 'if-none-match': etag });
  expect([posted.status, posted.headers.get('etag')]).toEqual([200, null]);
});
