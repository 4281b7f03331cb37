import { bytes, type HostileInput, json, repeat } from './hostile-input.ts';

const typename = '{"query":"{ __typename }"}';
const length = `content-length: ${typename.length}`;

/** A request of the lines given, with a body that fits one of them or not. */
function request(lines: readonly string[], text = typename): string {
  return ['POST /graphql HTTP/1.1', 'host: nova', 'connection: close', ...lines, '', text].join('\r\n');
}

const headers: HostileInput[] = [
  bytes('64 headers', 'DATA', request([json, length, ...Array.from({ length: 60 }, (_, i) => `x-${i}: 1`)])),
  bytes(
    '65 headers',
    'HEADER_LIMIT_EXCEEDED',
    request([json, length, ...Array.from({ length: 61 }, (_, i) => `x-${i}: 1`)]),
  ),
  bytes(
    '1 000 headers',
    'HEADER_LIMIT_EXCEEDED',
    request([json, length, ...Array.from({ length: 1_000 }, (_, i) => `x-${i}: 1`)]),
  ),
  bytes(
    '1 000 headers of one name',
    'HEADER_LIMIT_EXCEEDED',
    request([json, length, ...Array.from({ length: 1_000 }, () => 'cookie: 1')]),
  ),
  bytes('a header of 20 kB', 'HEADER_LIMIT_EXCEEDED', request([json, length, `x: ${'x'.repeat(20_000)}`])),
  bytes(
    'a header __proto__',
    'DATA',
    request([json, length, '__proto__: polluted', 'constructor: polluted', '__proto__: again']),
  ),
  bytes(
    'a header with a line feed in it',
    ['BAD_REQUEST'],
    request([json, length, 'x-correlation-id: abcdefgh\nx-nova-identity: forged']),
  ),
  bytes('a header with a carriage return in it', 'BAD_REQUEST', request([json, length, 'x: a\rb'])),
  bytes('a header with a NUL in it', 'BAD_REQUEST', request([json, length, 'x: a\0b'])),
  bytes('a header folded over two lines', ['BAD_REQUEST', 'DATA'], request([json, length, 'x: a\r\n b'])),
  bytes('a header with a space before its colon', 'BAD_REQUEST', request([json, 'content-length : 26'])),
  bytes('a header without a name', 'BAD_REQUEST', request([json, length, ': a'])),
  bytes(
    'headers that hide others',
    ['ACCESS_TOKEN_INVALID'],
    request([json, length, 'connection: close, authorization', 'authorization: Bearer x']),
  ),
  bytes(
    'two access tokens',
    'ACCESS_TOKEN_INVALID',
    request([json, length, 'authorization: Bearer a', 'authorization: Bearer b']),
  ),
  bytes(
    'an access token of 15 kB',
    'ACCESS_TOKEN_INVALID',
    request([json, length, `authorization: Bearer ${'a.'.repeat(7_500)}`]),
  ),
  bytes(
    'an access token of spaces',
    'ACCESS_TOKEN_INVALID',
    request([json, length, `authorization: Bearer ${' '.repeat(15_000)}x y`]),
  ),
  bytes('no Host', 'BAD_REQUEST', request([]).replace('host: nova\r\n', '')),
  bytes('two Hosts', 'BAD_REQUEST', request(['host: other', json, length])),
  bytes('a request to upgrade', 'DATA', request([json, length, 'upgrade: websocket', 'connection: upgrade'])),
  bytes(
    'a request to upgrade to HTTP/2',
    'DATA',
    request([json, length, 'upgrade: h2c', 'http2-settings: AAMAAABkAAQAoAAAAAIAAAAA']),
  ),
  bytes('an expectation that nobody has', 'DATA', request([json, length, 'expect: the-unexpected'])),
  bytes('an announced body', 'DATA', request([json, length, 'expect: 100-continue'])),
];

const bodies: HostileInput[] = [
  bytes('two lengths', 'BAD_REQUEST', request([json, length, 'content-length: 5'])),
  bytes('two lengths in one header', 'BAD_REQUEST', request([json, `${length}, 5`])),
  bytes('a negative length', 'BAD_REQUEST', request([json, 'content-length: -1'])),
  bytes('a length beyond all numbers', 'BAD_REQUEST', request([json, `content-length: ${'9'.repeat(40)}`])),
  bytes('a length that is a word', 'BAD_REQUEST', request([json, 'content-length: +26'])),
  bytes('a length of a gigabyte', 'BODY_TOO_LARGE', request([json, 'content-length: 1000000000'])),
  bytes('a body that is shorter than it says', ['BAD_REQUEST', 'NOTHING'], {
    unfinished: request([json, 'content-length: 1000']),
  }),
  bytes(
    'chunks and a length, chunks first',
    'BAD_REQUEST',
    request([json, 'transfer-encoding: chunked', length], '0\r\n\r\nGET / HTTP/1.1\r\n\r\n'),
  ),
  bytes(
    'chunks and a length, length first',
    'BAD_REQUEST',
    request([json, length, 'transfer-encoding: chunked'], '0\r\n\r\nGET / HTTP/1.1\r\n\r\n'),
  ),
  ...['xchunked', 'chunked, identity', 'identity', ' chunked', 'chunked\t', '"chunked"', 'gzip, chunked'].map(
    (encoding) =>
      bytes(`the Transfer-Encoding ${JSON.stringify(encoding)}`, ['BAD_REQUEST', 'DATA', 'MALFORMED_JSON', 'NOTHING'], {
        unfinished: request([json, `transfer-encoding: ${encoding}`], `1a\r\n${typename}\r\n0\r\n\r\n`),
      }),
  ),
  bytes(
    'a chunk whose size is no number',
    'BAD_REQUEST',
    request([json, 'transfer-encoding: chunked'], `xyz\r\n${typename}\r\n0\r\n\r\n`),
  ),
  bytes(
    'a chunk whose size is beyond all numbers',
    ['BAD_REQUEST', 'BODY_TOO_LARGE'],
    request([json, 'transfer-encoding: chunked'], `${'f'.repeat(20)}\r\n${typename}`),
  ),
  bytes(
    'a chunk with 10 kB of extensions',
    ['DATA', 'BAD_REQUEST'],
    request([json, 'transfer-encoding: chunked'], `1a;${'x'.repeat(10_000)}\r\n${typename}\r\n0\r\n\r\n`),
  ),
  bytes(
    'a chunk with 100 kB of extensions',
    ['BAD_REQUEST', 'BODY_TOO_LARGE'],
    request([json, 'transfer-encoding: chunked'], `1a;${'x'.repeat(100_000)}\r\n${typename}\r\n0\r\n\r\n`),
  ),
  bytes(
    'a megabyte in chunks of one byte',
    'BODY_TOO_LARGE',
    request([json, 'transfer-encoding: chunked'], `${'1\r\n[\r\n'.repeat(300_000)}0\r\n\r\n`),
  ),
  bytes(
    '2 MB in chunks',
    'BODY_TOO_LARGE',
    request([json, 'transfer-encoding: chunked'], `${`10000\r\n${'['.repeat(65_536)}\r\n`.repeat(32)}0\r\n\r\n`),
  ),
  bytes(
    '100 trailers',
    ['DATA', 'BAD_REQUEST'],
    request(
      [json, 'transfer-encoding: chunked'],
      `1a\r\n${typename}\r\n0\r\n${repeat(100, (i) => `x-${i}: 1\r\n`, '')}\r\n`,
    ),
  ),
];

const kept = request([json, length]).replace('connection: close\r\n', '');
const connections: HostileInput[] = [
  bytes('ten requests in one go', 'DATA', `${kept.repeat(9)}${request([json, length])}`),
  bytes('a thousand requests in one go', ['DATA', 'BAD_REQUEST'], `${kept.repeat(999)}${request([json, length])}`),
  bytes('a thousand unknown paths in one go', ['ROUTE_NOT_FOUND', 'BAD_REQUEST'], {
    unfinished: 'GET /x HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(1_000),
  }),
  bytes('nonsense after a request', ['DATA', 'BAD_REQUEST', 'NOTHING'], `${kept}NONSENSE\r\n\r\n`),
  bytes('nonsense', 'BAD_REQUEST', 'NONSENSE\r\n\r\n'),
  bytes('binary nonsense', 'BAD_REQUEST', Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 73) % 256))),
  bytes('the beginning of TLS', 'BAD_REQUEST', Buffer.from('16030100f4010000f00303', 'hex')),
  bytes('the beginning of HTTP/2', 'BAD_REQUEST', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  bytes('HTTP/0.9', ['BAD_REQUEST', 'MISSING_QUERY'], 'GET /graphql\r\n\r\n'),
  bytes('HTTP/1.0', 'DATA', request([json, length]).replace('HTTP/1.1', 'HTTP/1.0')),
  bytes('HTTP/9.9', 'BAD_REQUEST', request([json, length]).replace('HTTP/1.1', 'HTTP/9.9')),
  bytes('a method that nobody knows', 'BAD_REQUEST', request([]).replace('POST', 'BREW')),
  bytes('CONNECT', ['BAD_REQUEST', 'NOTHING'], { unfinished: 'CONNECT internal:443 HTTP/1.1\r\nhost: nova\r\n\r\n' }),
  bytes(
    'TRACE',
    ['METHOD_NOT_ALLOWED', 'ROUTE_NOT_FOUND'],
    'TRACE /graphql HTTP/1.1\r\nhost: nova\r\nconnection: close\r\n\r\n',
  ),
  bytes(
    'the whole server asked',
    ['ROUTE_NOT_FOUND', 'BAD_REQUEST'],
    'OPTIONS * HTTP/1.1\r\nhost: nova\r\nconnection: close\r\n\r\n',
  ),
  bytes(
    'a URL of another server',
    ['ROUTE_NOT_FOUND', 'DATA', 'CSRF_PREVENTED'],
    'GET http://internal/graphql?query={__typename} HTTP/1.1\r\nhost: nova\r\nconnection: close\r\n\r\n',
  ),
  bytes('nothing', 'NOTHING', { unfinished: '' }),
  bytes('half a line', ['BAD_REQUEST', 'NOTHING'], { unfinished: 'POST /gra' }),
  bytes('empty lines', ['BAD_REQUEST', 'NOTHING'], { unfinished: '\r\n'.repeat(100_000) }),
];

export const messages: readonly HostileInput[] = [...headers, ...bodies, ...connections];
