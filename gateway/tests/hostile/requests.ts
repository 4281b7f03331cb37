import { createHash } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { body, bytes, get, type HostileInput, json, repeat } from './hostile-input.ts';

const typename = '{"query":"{ __typename }"}';
const mega = 'x'.repeat(1_000_000);
const withVariables = (variables: string) =>
  `{"query":"query A($u: Username!) { userByUsername(username: $u) { id } }","variables":${variables}}`;
const typed = (type: string, text: string | Buffer = typename) => ({ text, headers: [`content-type: ${type}`] });
const zeros = Buffer.alloc(10_000_000);

const bodies: HostileInput[] = [
  body('no JSON', 'MALFORMED_JSON', 'query { __typename }'),
  body('JSON that is cut off', 'MALFORMED_JSON', typename.slice(0, -2)),
  body('JSON and more', 'MALFORMED_JSON', `${typename}{}`),
  ...['null', '7', 'true', '"{ __typename }"'].map((text) => body(`a body that is ${text}`, 'MALFORMED_JSON', text)),
  body('an empty list', 'BATCHING_DISABLED', '[]'),
  body('ten operations at once', 'BATCHING_DISABLED', `[${repeat(10, () => typename, ',')}]`),
  body('lists 10 000 deep', 'BATCHING_DISABLED', '['.repeat(10_000) + ']'.repeat(10_000)),
  body('lists 500 000 deep', 'BATCHING_DISABLED', '['.repeat(500_000) + ']'.repeat(500_000)),
  body('lists that never end', 'BATCHING_DISABLED', '['.repeat(1_000_000)),
  body(
    'objects 100 000 deep',
    ['MISSING_QUERY', 'MALFORMED_JSON'],
    `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
  ),
  ...['7', 'true', '[]', '{}'].map((query) => body(`a query that is ${query}`, 'BAD_REQUEST', `{"query":${query}}`)),
  body('a key that is there twice', 'GRAPHQL_PARSE_FAILED', '{"query":"{ __typename }","query":"{"}'),
  body('__proto__ in the body', 'MISSING_QUERY', `{"__proto__":${typename}}`),
  body('constructor in the body', 'MISSING_QUERY', `{"constructor":{"prototype":${typename}}}`),
  body(
    '__proto__ in the variables',
    'BAD_USER_INPUT',
    withVariables('{"__proto__":{"u":"ada"},"constructor":{"prototype":{"u":"ada"}}}'),
  ),
  body(
    '__proto__ in extensions',
    'DATA',
    '{"query":"{ __typename }","extensions":{"__proto__":{"persistedQuery":{}},"persistedQuery":null}}',
  ),
  body('a query of 2 MB', 'BODY_TOO_LARGE', JSON.stringify({ query: `{ __typename } # ${'x'.repeat(2_000_000)}` })),
  body('variables of 2 MB', 'BODY_TOO_LARGE', withVariables(`{"u":"${'x'.repeat(2_000_000)}"}`)),
  body('a text of a megabyte in a variable', ['DATA', 'BAD_USER_INPUT'], withVariables(`{"u":"${mega}"}`)),
  body(
    'a list of a megabyte in a variable',
    'BAD_USER_INPUT',
    withVariables(`{"u":[${repeat(200_000, () => '1', ',')}]}`),
  ),
  body('half a surrogate pair in a variable', ['DATA', 'BAD_USER_INPUT'], withVariables('{"u":"\\ud83d\\u0000"}')),
  body('1e999 in a variable', 'BAD_USER_INPUT', withVariables('{"u":1e999}')),
  body(
    'variables with 50 000 keys',
    'BAD_USER_INPUT',
    withVariables(`{"u":"ada",${repeat(50_000, (i) => `"a${i}":1`, ',')}}`),
  ),
  body(
    'variables with 100 000 keys',
    ['BODY_TOO_LARGE', 'BAD_USER_INPUT'],
    withVariables(`{"u":"ada",${repeat(100_000, (i) => `"a${i}":1`, ',')}}`),
  ),
  body('a body with 50 000 keys', 'MISSING_QUERY', `{${repeat(50_000, (i) => `"a${i}":1`, ',')}}`),
  body('variables 33 deep', 'BAD_USER_INPUT', withVariables(`{"u":${'{"a":'.repeat(33)}1${'}'.repeat(33)}}`)),
  body('a wide tree of variables', 'BAD_USER_INPUT', withVariables(`{"u":[${repeat(90_000, () => '[[{}]]', ',')}]}`)),
  body(
    'an input object with 50 000 fields',
    'BAD_USER_INPUT',
    `{"query":"mutation A($i: CreatePostInput!) { createPost(input: $i) { post { id } } }","variables":{"i":{${repeat(50_000, (i) => `"a${i}":1`, ',')}}}}`,
  ),
  body(
    'an input object with a field named by a megabyte',
    'BAD_USER_INPUT',
    `{"query":"mutation A($i: CreatePostInput!) { createPost(input: $i) { post { id } } }","variables":{"i":{"${mega}":1}}}`,
  ),
];

const types: HostileInput[] = [
  body('no Content-Type', 'UNSUPPORTED_MEDIA_TYPE', { text: typename, headers: [] }),
  body('two Content-Types', ['DATA', 'UNSUPPORTED_MEDIA_TYPE'], {
    text: typename,
    headers: [json, 'content-type: text/plain'],
  }),
  body('text/plain first of two', 'UNSUPPORTED_MEDIA_TYPE', {
    text: typename,
    headers: ['content-type: text/plain', json],
  }),
  ...[
    'text/plain',
    'text/plain;application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=a',
    'application/graphql',
    'application/jsonx',
    '',
    ';',
    'x'.repeat(10_000),
  ].map((type) =>
    body(`the Content-Type "${type.slice(0, 40)}"`, ['UNSUPPORTED_MEDIA_TYPE', 'BAD_REQUEST'], typed(type)),
  ),
  body(
    'UTF-16 with its mark',
    'MALFORMED_JSON',
    typed('application/json; charset=utf-16', Buffer.from(`\ufeff${typename}`, 'utf16le')),
  ),
  body(
    'UTF-16 said to be UTF-8',
    'MALFORMED_JSON',
    typed('application/json; charset=utf-8', Buffer.from(typename, 'utf16le')),
  ),
  body('UTF-7', 'MALFORMED_JSON', typed('application/json; charset=utf-7', '+AHsAIgBxACI:1+AH0')),
  body(
    'a charset that nobody knows',
    ['DATA', 'UNSUPPORTED_MEDIA_TYPE'],
    typed(`application/json; charset=${'x'.repeat(5_000)}`),
  ),
  body(
    'bytes that are not UTF-8',
    ['GRAPHQL_PARSE_FAILED', 'MALFORMED_JSON'],
    Buffer.from([...Buffer.from('{"query":"{ \xff\xfe'), 0xff, 0xc0, ...Buffer.from('"}')]),
  ),
  ...[
    ['gzip', gzipSync(zeros)] as const,
    ['br', brotliCompressSync(zeros)] as const,
    ['deflate', deflateSync(zeros)] as const,
    ['gzip, gzip', gzipSync(gzipSync(zeros))] as const,
    ['x', Buffer.from(typename)] as const,
  ].map(([encoding, text]) =>
    body(`10 MB packed as ${encoding}`, 'UNSUPPORTED_MEDIA_TYPE', {
      text,
      headers: [json, `content-encoding: ${encoding}`],
    }),
  ),
];

const mutation = 'mutation { logout(input: { refreshToken: "a" }) { loggedOut } }';
const hash = createHash('sha256').update('{ __typename }').digest('hex');
const persisted = (sha256Hash: unknown, query?: string) =>
  JSON.stringify({ query, extensions: { persistedQuery: { version: 1, sha256Hash } } });

const gets: HostileInput[] = [
  get('a mutation by GET', 'METHOD_NOT_ALLOWED', `/graphql?query=${encodeURIComponent(mutation)}`),
  bytes(
    'a GET with a body',
    'GRAPHQL_PARSE_FAILED',
    `GET /graphql?query={ HTTP/1.1\r\nhost: nova\r\napollo-require-preflight: 1\r\nconnection: close\r\n${json}\r\ncontent-length: ${typename.length}\r\n\r\n${typename}`,
  ),
  get('a URL of 20 kB', 'HEADER_LIMIT_EXCEEDED', `/graphql?query={${'x'.repeat(20_000)}}`),
  get('4 000 parameters', 'MISSING_QUERY', `/graphql?${'a&'.repeat(4_000)}`),
  get(
    'variables of a GET nested without end',
    ['BAD_USER_INPUT', 'MALFORMED_JSON', 'BAD_REQUEST'],
    `/graphql?query={__typename}&variables=${'['.repeat(7_000)}${']'.repeat(7_000)}`,
  ),
  get('a NUL in the path', ['ROUTE_NOT_FOUND', 'BAD_REQUEST'], '/graphql%00'),
  get('a path that climbs', 'ROUTE_NOT_FOUND', '/../../etc/passwd'),
  get('escapes that are none in the query', ['GRAPHQL_PARSE_FAILED', 'BAD_REQUEST'], '/graphql?query=%ff%fe%'),
  get('a path of escapes', ['ROUTE_NOT_FOUND', 'BAD_REQUEST'], `/${'%2e'.repeat(3_000)}`),
];

const ids: HostileInput[] = [
  body('a hash that is not of the text', 'BAD_REQUEST', persisted('0'.repeat(64), '{ __typename }')),
  body('a hash that nobody sent a text for', 'PERSISTED_QUERY_NOT_FOUND', persisted('0'.repeat(64))),
  body('a text that does not parse, under its hash', 'BAD_REQUEST', persisted(hash, '{')),
  body('a hash that is a list', 'BAD_REQUEST', persisted([hash])),
  body('a hash named __proto__', 'PERSISTED_QUERY_NOT_FOUND', persisted('__proto__')),
  body('a hash of a megabyte', 'PERSISTED_QUERY_NOT_FOUND', persisted('a'.repeat(1_000_000))),
  body(
    'two ids',
    'BAD_REQUEST',
    JSON.stringify({ documentId: 'a', extensions: { persistedQuery: { sha256Hash: 'b' } } }),
  ),
];

export const requests: readonly HostileInput[] = [...bodies, ...types, ...gets, ...ids];
