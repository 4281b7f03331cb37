import fc from 'fast-check';
import type { Message } from './exchange.ts';
import { json, post } from './hostile-input.ts';

const scraps = fc.constantFrom(
  ...'{ } ( ) [ ] : ! = | & $ @ ... " """ # , \n \0 \ud800 0 -1 1e999 2147483648 null true on query mutation subscription fragment A B'.split(
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

const operation = fc.record(
  {
    query: fc.oneof({ weight: 6, arbitrary: graphqlish }, fc.string({ unit: 'binary' }), value),
    variables: fc.oneof(fc.dictionary(fc.constantFrom('n', 'x', 'id', '__proto__', 'representations'), value), value),
    operationName: fc.oneof(fc.constantFrom('A', 'B', '', null, '__proto__'), value),
    extensions: fc.oneof(
      fc.constant({}),
      fc.record({ persistedQuery: fc.oneof(fc.record({ sha256Hash: fc.oneof(fc.string(), value) }), value) }),
      value,
    ),
    documentId: fc.oneof(fc.string(), value),
  },
  { requiredKeys: [] },
);

/** Posts of JSON that a client might send by mistake, or of bytes that nobody would. */
export const anyPost: fc.Arbitrary<Message> = fc
  .oneof(
    { weight: 8, arbitrary: operation.map((sent) => JSON.stringify(sent)) },
    { weight: 2, arbitrary: value.map((sent) => JSON.stringify(sent)) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
  )
  .map((text) => post(text));

const wholePost = post('{"query":"{ __typename }"}', [json, 'x-correlation-id: 0123456789', 'accept: */*']).bytes;
const disturbance = fc.record({
  at: fc.nat({ max: wholePost.length }),
  removed: fc.nat({ max: 3 }),
  put: fc.oneof(
    fc.constantFrom(
      '\r\n',
      '\n',
      '\r',
      ':',
      ' ',
      '\0',
      '\t',
      '0\r\n\r\n',
      'content-length: 1\r\n',
      'transfer-encoding: chunked\r\n',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
  ),
});

/** A proper post with some of its bytes taken out and others put in, after which the client hangs up. */
export const disturbedPost: fc.Arbitrary<Message> = fc
  .array(disturbance, { minLength: 1, maxLength: 3 })
  .map((disturbances) => ({
    bytes: disturbances.reduce(
      (bytes, { at, removed, put }) =>
        Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at + removed)]),
      wholePost,
    ),
    hangsUp: true,
  }));
