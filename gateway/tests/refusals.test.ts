import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { errorCodes } from '@nova/errors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, idOf, manifestOf, startWorld, type World } from './_world.ts';

const deletePost = 'mutation DeletePost($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }';
const big = 'x'.repeat(1_100_000);
const nested = (levels: number, leaf: string): string =>
  levels === 0 ? leaf : `comments { nodes { post { ${nested(levels - 1, leaf)} } } }`;
const repeat = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => part(i)).join(' ');

let world: World;
beforeAll(async () => {
  world = await startWorld({ MAX_COMPLEXITY: '1000' }, { manifest: manifestOf([['DeletePost', deletePost]]) });
});
afterAll(() => world.stop());

const preflight = { 'apollo-require-preflight': '1' };
type Refusal = readonly [
  what: string,
  code: keyof typeof errorCodes,
  ask: () => Promise<Answer>,
  facts?: Readonly<Record<string, unknown>>,
];
const refusals: Refusal[] = [
  ['a body that is not JSON', 'MALFORMED_JSON', () => world.post('{"query": ')],
  ['an empty body', 'MALFORMED_JSON', () => world.post('')],
  ['a body that is null', 'MALFORMED_JSON', () => world.post('null')],
  ['a body that is a number', 'MALFORMED_JSON', () => world.post('7')],
  [
    'a UTF-16 body',
    'MALFORMED_JSON',
    () => world.post('{\0"\0q\0', { 'content-type': 'application/json; charset=utf-16' }),
  ],
  [
    'variables of a GET that are not JSON',
    'MALFORMED_JSON',
    () => world.get('/graphql?query={__typename}&variables={', preflight),
  ],
  [
    'text/plain',
    'UNSUPPORTED_MEDIA_TYPE',
    () => world.post({ query: '{__typename}' }, { 'content-type': 'text/plain' }),
  ],
  [
    'a form',
    'UNSUPPORTED_MEDIA_TYPE',
    () => world.post('query=x', { 'content-type': 'application/x-www-form-urlencoded' }),
  ],
  [
    'a compressed body',
    'UNSUPPORTED_MEDIA_TYPE',
    () => world.post({ query: '{__typename}' }, { 'content-encoding': 'gzip' }),
  ],
  ['a body beyond 1 MB', 'BODY_TOO_LARGE', () => world.post({ query: big }), { limit: 1_048_576 }],
  [
    'more headers than 64',
    'HEADER_LIMIT_EXCEEDED',
    () =>
      world.post({ query: '{__typename}' }, Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`x-${i}`, '1']))),
    { limit: 64 },
  ],
  ['an array', 'BATCHING_DISABLED', () => world.post([{ query: '{__typename}' }])],
  ['an empty array', 'BATCHING_DISABLED', () => world.post([])],
  ['an empty object', 'MISSING_QUERY', () => world.post({})],
  ['an empty query', 'MISSING_QUERY', () => world.post({ query: '' })],
  ['a GET without parameters', 'MISSING_QUERY', () => world.get('/graphql', preflight)],
  ['a query that is a number', 'BAD_REQUEST', () => world.post({ query: 7 })],
  ['variables that are text', 'BAD_REQUEST', () => world.post({ query: '{__typename}', variables: '{}' })],
  ['an operationName that is a list', 'BAD_REQUEST', () => world.post({ query: '{__typename}', operationName: ['A'] })],
  ['a parameter given twice', 'BAD_REQUEST', () => world.get('/graphql?query=a&query=b', preflight)],
  ['a path that cannot be decoded', 'BAD_REQUEST', () => world.get('/%', preflight)],
  ['a GET that a browser could send across sites', 'CSRF_PREVENTED', () => world.get('/graphql?query={__typename}')],
  [
    'a mutation by GET',
    'METHOD_NOT_ALLOWED',
    () => world.get(`/graphql?documentId=${idOf(deletePost)}&variables={"id":"p1"}`, preflight),
  ],
  ['another path', 'ROUTE_NOT_FOUND', () => world.get('/graphiql')],
  ['the page for developers outside development', 'ROUTE_NOT_FOUND', () => world.get('/')],
  ['a document that is not GraphQL', 'GRAPHQL_PARSE_FAILED', () => world.post({ query: '{ posts(' })],
  ['an unknown field', 'GRAPHQL_VALIDATION_FAILED', () => world.post({ query: '{ post(id: 1) { titel } }' })],
  ['an unknown fragment', 'GRAPHQL_VALIDATION_FAILED', () => world.post({ query: '{ ...constructor }' })],
  [
    'a fragment that spreads itself',
    'GRAPHQL_VALIDATION_FAILED',
    () => world.post({ query: '{ ...A } fragment A on Query { ...A }' }),
  ],
  [
    '@defer',
    'GRAPHQL_VALIDATION_FAILED',
    () => world.post({ query: '{ ...A @defer } fragment A on Query { __typename }' }),
  ],
  [
    'introspection outside development',
    'GRAPHQL_VALIDATION_FAILED',
    () => world.post({ query: '{ __schema { types { name } } }' }),
  ],
  [
    'an unknown operationName',
    'UNKNOWN_OPERATION',
    () => world.post({ query: 'query A { __typename }', operationName: 'B' }),
  ],
  [
    'several operations and no operationName',
    'UNKNOWN_OPERATION',
    () => world.post({ query: 'query A { __typename } query B { __typename }' }),
  ],
  [
    'fragments without an operation',
    'GRAPHQL_VALIDATION_FAILED',
    () => world.post({ query: 'fragment A on Query { __typename }' }),
  ],
  [
    'a subscription',
    'SUBSCRIPTIONS_UNSUPPORTED',
    () => world.post({ query: 'subscription { posts { nodes { id } } }' }),
  ],
  ['a missing variable', 'BAD_USER_INPUT', () => world.post({ query: 'query A($id: ID!) { post(id: $id) { id } }' })],
  [
    'a variable of the wrong type',
    'BAD_USER_INPUT',
    () => world.post({ query: 'query A($n: Int) { posts(first: $n) { nodes { id } } }', variables: { n: 'ten' } }),
  ],
  [
    'null where a default hides that null is not allowed',
    'BAD_USER_INPUT',
    () =>
      world.post({
        query: 'query A($x: Boolean = true) { posts @include(if: $x) { nodes { id } } }',
        variables: { x: null },
      }),
  ],
  [
    "a variable named like the gateway's own",
    'BAD_USER_INPUT',
    () =>
      world.post({
        query: 'query A($representations: Int) { viewer { user { posts(first: $representations) { nodes { id } } } } }',
      }),
  ],
  [
    'variables that nest without end',
    'BAD_USER_INPUT',
    () =>
      world.post(
        `{"query":"query A($e: Username!) { userByUsername(username: $e) { id } }","variables":{"e":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`,
      ),
  ],
  [
    'a cursor from elsewhere',
    'INVALID_CURSOR',
    () => world.post({ query: '{ posts(after: "nonsense") { nodes { id } } }' }),
  ],
  [
    'a negative first',
    'INVALID_PAGE_SIZE',
    () => world.post({ query: '{ posts(first: -1) { nodes { id } } }' }),
    { first: -1, limit: 100 },
  ],
  [
    'a huge first',
    'COMPLEXITY_LIMIT_EXCEEDED',
    () => world.post({ query: '{ posts(first: 2147483647) { nodes { id } } }' }),
    { limit: 1000 },
  ],
  [
    'too many tokens',
    'TOKEN_LIMIT_EXCEEDED',
    () => world.post({ query: `{ ${repeat(2001, () => 'id')} }` }),
    { limit: 2000 },
  ],
  [
    'nesting that would exhaust the stack',
    'TOKEN_LIMIT_EXCEEDED',
    () => world.post({ query: '{a'.repeat(200_000) }),
    { limit: 2000 },
  ],
  [
    'too many levels',
    'DEPTH_LIMIT_EXCEEDED',
    () => world.post({ query: `{ post(id: 1) { ${nested(4, 'id')} } }` }),
    { depth: 13, limit: 10 },
  ],
  [
    'too many aliases',
    'ALIAS_LIMIT_EXCEEDED',
    () => world.post({ query: `{ ${repeat(31, (i) => `a${i}: __typename`)} }` }),
    { aliases: 31, limit: 30 },
  ],
  [
    'too many directives',
    'DIRECTIVE_LIMIT_EXCEEDED',
    () =>
      world.post({ query: `{ ${repeat(17, () => '__typename @skip(if: true) @include(if: true) @skip(if: true)')} }` }),
    { directives: 51, limit: 50 },
  ],
  [
    'too many fields in one selection set',
    'FIELD_LIMIT_EXCEEDED',
    () =>
      world.post({
        query: `{ post(id: 1) { ${repeat(26, () => 'id')} ...A } } fragment A on Post { ${repeat(25, () => 'id')} }`,
      }),
    { fields: 51, limit: 50 },
  ],
  [
    'too many root fields',
    'ROOT_FIELD_LIMIT_EXCEEDED',
    () => world.post({ query: `{ ${repeat(21, () => '__typename')} }` }),
    { rootFields: 21, limit: 20 },
  ],
  [
    'too many root fields by fragments',
    'ROOT_FIELD_LIMIT_EXCEEDED',
    () =>
      world.post({
        query: `{ ...A ...B } fragment A on Query { ${repeat(11, () => '__typename')} } fragment B on Query { ... { ${repeat(10, () => '__typename')} } }`,
      }),
    { rootFields: 21, limit: 20 },
  ],
  [
    'too many selections',
    'SELECTION_LIMIT_EXCEEDED',
    () =>
      world.post({
        query: `{ post(id: 1) { ${repeat(40, () => '...A')} } } fragment A on Post { ${repeat(30, () => 'id')} }`,
      }),
    { selections: 1241, limit: 1000 },
  ],
  [
    'too high a cost',
    'COMPLEXITY_LIMIT_EXCEEDED',
    () => world.post({ query: '{ posts(first: 100) { nodes { comments(first: 100) { nodes { id } } } } }' }),
    { cost: 10_201, limit: 1000, costliestPath: 'posts.nodes.comments.nodes' },
  ],
  [
    'too high a cost under an alias in a fragment',
    'COMPLEXITY_LIMIT_EXCEEDED',
    () =>
      world.post({
        query: `{ post(id: 1) { id } all: posts(first: 100) { ...P } }
          fragment P on PostConnection { nodes { id ... on Post { few: comments(first: 2) { nodes { id } } many: comments(first: 50) { nodes { id } } } } }`,
      }),
    { costliestPath: 'all.nodes.many.nodes' },
  ],
  [
    'too high a cost by a variable',
    'COMPLEXITY_LIMIT_EXCEEDED',
    () => world.post({ query: 'query A($n: Int = 1) { posts(first: $n) { nodes { id } } }', variables: { n: 5000 } }),
    { cost: 5001, limit: 1000 },
  ],
  ['an unknown persisted id', 'PERSISTED_QUERY_NOT_FOUND', () => world.post({ documentId: 'f'.repeat(64) })],
  ['a persisted id that is not an id', 'PERSISTED_QUERY_NOT_FOUND', () => world.post({ documentId: '__proto__' })],
  [
    'a token that is not one',
    'ACCESS_TOKEN_INVALID',
    () => world.post({ query: '{__typename}' }, { authorization: 'Bearer x' }),
  ],
];

test.for(refusals)('%s is refused with %s', async ([, code, ask, facts]) => {
  const { status, body, refusal, headers } = await ask();
  expect(refusal).toMatchObject({ code, retryable: false, ...facts });
  expect(status).toBe(errorCodes[code].httpStatus);
  expect(Object.values(body.data ?? {}).filter((value) => value !== null)).toEqual([]);
  expect(refusal.requestId).toBe(headers.get('x-correlation-id'));
  expect(JSON.stringify(body)).not.toMatch(/stack|node_modules|\.ts:|Did you mean/);
  expect(body.errors[0].message.length).toBeLessThan(502);
});

test('an operation may be called __proto__ without harm', async () => {
  const { status, body } = await world.post({ query: 'query __proto__ { post(id: "p1") { id } }' });
  expect([status, body]).toEqual([200, { data: { post: { id: 'p1' } } }]);
});

test('a method that GraphQL does not use is refused and told which are', async () => {
  const answered = request(`${world.gateway.url}/graphql`, { method: 'PUT' }).end();
  const response = await new Promise<import('node:http').IncomingMessage>((resolve) =>
    answered.on('response', resolve),
  );
  expect([response.statusCode, response.headers.allow]).toEqual([405, 'GET, POST']);
  expect(JSON.parse(await text(response)).errors[0].extensions.code).toBe('METHOD_NOT_ALLOWED');
});

test('bytes that are not HTTP are answered in the same form', async () => {
  const socket = connect(Number(new URL(world.gateway.url).port), '127.0.0.1');
  socket.write('NONSENSE\r\n\r\n');
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))).errors[0].extensions.code).toBe('BAD_REQUEST');
});

test('headers beyond 16 KiB are refused with the code of headers', async () => {
  const socket = connect(Number(new URL(world.gateway.url).port), '127.0.0.1');
  socket.write(`GET /graphql HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(17_000)}\r\n\r\n`);
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1.1 431 /);
  expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))).errors[0].extensions).toMatchObject({
    code: 'HEADER_LIMIT_EXCEEDED',
    limitBytes: 16_384,
  });
});

test('every refusal is counted by its code', async () => {
  const before = await world.series('gateway_refusals_total', { code: 'BATCHING_DISABLED' });
  await world.post([]);
  await expect.poll(() => world.series('gateway_refusals_total', { code: 'BATCHING_DISABLED' })).toBe(before + 1);
});
