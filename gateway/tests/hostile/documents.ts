import { document, type HostileInput, repeat } from './hostile-input.ts';

const tooLarge = [
  'SELECTION_LIMIT_EXCEEDED',
  'DEPTH_LIMIT_EXCEEDED',
  'TOKEN_LIMIT_EXCEEDED',
  'COMPLEXITY_LIMIT_EXCEEDED',
] as const;
const invalid = 'GRAPHQL_VALIDATION_FAILED';

/** Each fragment spreads the next `width` times under fields that really exist: width ** depth selections written out. */
function bomb(width: 2 | 3, depth: number): string {
  const ways = ['author { posts { nodes {', 'comments { nodes { post {', 'comments { edges { node { post {'].slice(
    0,
    width,
  );
  const spread = (next: string) => ways.map((way) => `${way} ...${next} ${'}'.repeat(way.split('{').length - 1)}`);
  const fragments = repeat(depth, (level) => `fragment F${level} on Post { ${spread(`F${level + 1}`).join(' ')} }`);
  return `{ post(id: "p1") { ...F0 } } ${fragments} fragment F${depth} on Post { id }`;
}

/** The same without any field between the fragments: no depth, no fields, only spreads. */
function bareBomb(width: number, depth: number): string {
  const fragments = repeat(depth, (level) => `fragment F${level} on Query { ${`...F${level + 1} `.repeat(width)} }`);
  return `{ ...F0 } ${fragments} fragment F${depth} on Query { __typename }`;
}

const bombs: HostileInput[] = Array.from({ length: 20 }, (_, index) => index + 1).flatMap((depth) =>
  ([2, 3] as const).flatMap((width) => {
    const small = width ** depth < 400;
    return [
      document(
        `a fragment bomb of ${width}^${depth} fields`,
        small ? ['DATA', ...tooLarge] : tooLarge,
        bomb(width, depth),
      ),
      document(
        `a fragment bomb of ${width}^${depth} bare spreads`,
        small ? ['DATA', ...tooLarge] : tooLarge,
        bareBomb(width, depth),
      ),
    ];
  }),
);

/** Under fields in a circle, each spreading the next ones. */
function circle(length: number, width: number): string {
  const spreads = (i: number) => repeat(width, (k) => `...F${(i + k + 1) % length}`);
  const fragments = repeat(length, (i) => `fragment F${i} on Post { author { posts { nodes { ${spreads(i)} } } } }`);
  return `{ post(id: "p1") { ...F0 ...F1 } } ${fragments}`;
}

const circles: HostileInput[] = [
  ...[1, 2, 100].map((length) =>
    document(
      `a circle of ${length} fragments`,
      invalid,
      `{ ...F0 } ${repeat(length, (i) => `fragment F${i} on Query { ...F${(i + 1) % length} }`)}`,
    ),
  ),
  ...(
    [
      [3, 1],
      [20, 2],
      [40, 3],
      [90, 3],
    ] as const
  ).map(([length, width]) =>
    document(
      `${length} fragments that spread the next ${width} under fields, in a circle`,
      [invalid, 'SELECTION_LIMIT_EXCEEDED'],
      circle(length, width),
    ),
  ),
];

const nests = (open: string, leaf: string, levels: number) =>
  `${open.repeat(levels)}${leaf}${open
    .replaceAll(/[^{[(]/g, '')
    .replaceAll('{', '}')
    .replaceAll('[', ']')
    .repeat(levels)}`;

/** Either limit may be met first: of tokens, or of the parser's stack. */
const tooDeep = ['TOKEN_LIMIT_EXCEEDED', 'GRAPHQL_PARSE_FAILED'] as const;

const nested: HostileInput[] = [
  document('selections 3 000 deep', tooDeep, nests('{a', '', 3_000)),
  document('selections 10 000 deep', tooDeep, nests('{a', '', 10_000)),
  document('selections 200 000 deep that never end', tooDeep, '{a'.repeat(200_000)),
  document(
    'inline fragments in one another',
    ['SELECTION_LIMIT_EXCEEDED', 'DATA'],
    `{ ${nests('... {', '__typename', 600)} }`,
  ),
  document('fields in one another', 'DEPTH_LIMIT_EXCEEDED', `{ ${nests('a {', 'b', 600)} }`),
  document('a list 900 deep', invalid, `{ posts(after: ${nests('[', '1', 900)}) { nodes { id } } }`),
  document('a list 5 000 deep', tooDeep, `{ posts(after: ${nests('[', '1', 5_000)}) { nodes { id } } }`),
  document('an object 450 deep', invalid, `{ posts(after: ${nests('{a:', '1', 450)}) { nodes { id } } }`),
  document('an object 5 000 deep', tooDeep, `{ posts(after: ${nests('{a:', '1', 5_000)}) { nodes { id } } }`),
  document(
    'a list 450 deep where an input object is due',
    [invalid, 'BAD_USER_INPUT'],
    `mutation { createPost(input: ${nests('[', '{body:"a"}', 450)}) { post { id } } }`,
  ),
  document('a variable whose type is a list 900 deep', invalid, `query($a: ${nests('[', 'Int', 900)}) { __typename }`),
  document(
    "a list 900 deep for a scalar of Nova's own",
    'BAD_USER_INPUT',
    `{ userByUsername(username: ${nests('[', '"ada"', 900)}) { id } }`,
  ),
  document(
    "an object 450 deep for a scalar of Nova's own",
    'BAD_USER_INPUT',
    `{ userByUsername(username: ${nests('{a:', '1', 450)}) { id } }`,
  ),
  document('introspection in circles', invalid, `{ __schema { types { ${nests('fields { type {', 'name', 300)} } } }`),
];

const many: HostileInput[] = [
  document('15 000 tokens', 'TOKEN_LIMIT_EXCEEDED', `{ ${'id '.repeat(15_000)} }`),
  document('1 000 aliases', 'TOKEN_LIMIT_EXCEEDED', `{ ${repeat(1_000, (i) => `a${i}: __typename`)} }`),
  document('101 aliases', 'ALIAS_LIMIT_EXCEEDED', `{ ${repeat(101, (i) => `a${i}: __typename`)} }`),
  document('one field 500 times', 'ROOT_FIELD_LIMIT_EXCEEDED', `{ ${'__typename '.repeat(500)} }`),
  document('one nested field 1 100 times', 'SELECTION_LIMIT_EXCEEDED', `{ post(id: "p1") { ${'id '.repeat(1_100)} } }`),
  document('3 000 directives', 'TOKEN_LIMIT_EXCEEDED', `{ __typename ${'@skip(if: false) '.repeat(3_000)} }`),
  document('900 unknown directives', 'DIRECTIVE_LIMIT_EXCEEDED', `{ post(id: "p1") ${'@a '.repeat(900)} { id } }`),
  document('ten unknown directives', invalid, `{ __typename ${'@aa '.repeat(10)} }`),
  document(
    '900 directives where no selection is',
    ['DIRECTIVE_LIMIT_EXCEEDED', invalid],
    `query($a: Int ${'@a '.repeat(900)}) { __typename }`,
  ),
  document(
    '10 000 unused fragments',
    'TOKEN_LIMIT_EXCEEDED',
    `{ __typename } ${repeat(10_000, (i) => `fragment F${i} on Query { a }`)}`,
  ),
  document('250 unused fragments', invalid, `{ __typename } ${repeat(250, (i) => `fragment F${i} on Query { a }`)}`),
  document('5 000 unknown fields', 'TOKEN_LIMIT_EXCEEDED', `{ ${repeat(5_000, (i) => `f${i}`)} }`),
  document('900 unknown fields', 'ROOT_FIELD_LIMIT_EXCEEDED', `{ ${repeat(900, (i) => `f${i}`)} }`),
  document(
    '2 000 variables for @include and @skip',
    'TOKEN_LIMIT_EXCEEDED',
    `query(${repeat(2_000, (i) => `$v${i}: Boolean!`)}) { ${repeat(2_000, (i) => `__typename @include(if: $v${i})`)} }`,
  ),
  document('24 variables for @include and @skip', ['DATA', 'PLANNING_LIMIT_EXCEEDED'], {
    query: `query(${repeat(24, (i) => `$v${i}: Boolean!`)}) { ${repeat(12, (i) => `post(id: "p1") @include(if: $v${i}) { id author @skip(if: $v${i + 12}) { username } }`)} }`,
    variables: Object.fromEntries(Array.from({ length: 24 }, (_, i) => [`v${i}`, i % 3 !== 0])),
  }),
  document('400 variables', [invalid, 'DATA'], `query(${repeat(400, (i) => `$v${i}: Int`)}) { __typename }`),
  document(
    '400 operations',
    [invalid, 'SELECTION_LIMIT_EXCEEDED'],
    repeat(400, () => '{ __typename }'),
  ),
  document(
    '150 operations that share one large fragment',
    [invalid, 'UNKNOWN_OPERATION', 'SELECTION_LIMIT_EXCEEDED'],
    `${repeat(150, (i) => `query Q${i} { ...A }`)} fragment A on Query { ${repeat(19, () => `post(id: "p1") { ${repeat(14, () => 'id')} } `)} }`,
  ),
  document(
    '120 operations over a chain of 120 fragments',
    [invalid, 'UNKNOWN_OPERATION', 'SELECTION_LIMIT_EXCEEDED'],
    `${repeat(120, (i) => `query Q${i} { ...F0 }`)} ${repeat(120, (i) => `fragment F${i} on Query { ...F${i + 1} }`)} fragment F120 on Query { __typename }`,
  ),
  document('a field with 400 arguments', [invalid], `{ posts(${repeat(400, (i) => `a${i}: 1`)}) { nodes { id } } }`),
  document(
    'an object of 400 unknown fields',
    [invalid],
    `mutation { createPost(input: { ${repeat(400, (i) => `a${i}: 1`)} }) { post { id } } }`,
  ),
];

/** Every pair of fields with one name has to be compared. */
const overlaps: HostileInput[] = [
  document(
    'fields that overlap',
    ['SELECTION_LIMIT_EXCEEDED', 'FIELD_LIMIT_EXCEEDED'],
    `{ post(id: "p1") { ${'... { author { id } } '.repeat(240)} } }`,
  ),
  ...(
    [
      [20, 2],
      [60, 3],
      [100, 2],
      [200, 2],
    ] as const
  ).map(([width, depth]) => {
    const level = (left: number): string => (left === 0 ? 'id' : `author { posts { nodes { ${level(left - 1)} } } }`);
    return document(
      `${width} inline fragments that overlap ${depth} deep`,
      [...tooLarge, 'FIELD_LIMIT_EXCEEDED', 'DATA'],
      `{ post(id: "p1") { ${`... { ${level(depth)} } `.repeat(width)} } }`,
    );
  }),
  document(
    '48 fragments that overlap under one field',
    [invalid, 'DATA', 'FIELD_LIMIT_EXCEEDED', ...tooLarge],
    `{ post(id: "p1") { ${repeat(48, (i) => `...F${i}`)} } } ${repeat(48, (i) => `fragment F${i} on Post { author { posts { nodes { id } } } comments { nodes { id } } }`)}`,
  ),
  document(
    'fields of one name that conflict',
    invalid,
    `{ post(id: "p1") { ${repeat(25, (i) => `comments(first: ${i}) { nodes { id } }`)} } }`,
  ),
];

const values: HostileInput[] = [
  document('an Int beyond 32 bits', invalid, '{ posts(first: 2147483648) { nodes { id } } }'),
  document('an Int of 100 000 digits', invalid, `{ posts(first: ${'9'.repeat(100_000)}) { nodes { id } } }`),
  document('1e999', invalid, '{ posts(first: 1e999) { nodes { id } } }'),
  document('an ID that is a number beyond all', 'DATA', `{ post(id: ${'9'.repeat(400)}) { id } }`),
  document('an enum where there is none', invalid, '{ posts(first: TEN) { nodes { id } } }'),
  document('an ID of another language', 'DATA', `{ post(id: "p1' OR 1=1; --") { id } user(id: "$(reboot)") { id } }`),
  document('an escape that is none', 'GRAPHQL_PARSE_FAILED', '{ post(id: "\\u{110000}") { id } }'),
  document('half a surrogate pair, escaped', 'GRAPHQL_PARSE_FAILED', '{ post(id: "\\uD83D") { id } }'),
  document('half a surrogate pair', 'GRAPHQL_PARSE_FAILED', '{ post(id: "\ud83d") { id } }'),
  document('a NUL', 'DATA', '{ post(id: "\0") { id } }'),
  document('a NUL, escaped', 'DATA', '{ post(id: "\\u0000") { id } }'),
  document('a byte order mark', 'DATA', '\ufeff{ __typename }'),
  document('a comment of a megabyte', 'GRAPHQL_PARSE_FAILED', `{ __typename } # ${'x'.repeat(1_000_000)}\n{`),
  document('a name of a megabyte', invalid, `{ ${'x'.repeat(1_000_000)} }`),
  document('an alias of a megabyte', 'DATA', `{ ${'x'.repeat(1_000_000)}: __typename }`),
  document('an operation name of a megabyte', 'DATA', `query ${'x'.repeat(1_000_000)} { __typename }`),
  document('a text of a megabyte', 'DATA', `{ post(id: "${'x'.repeat(1_000_000)}") { id } }`),
  document('a block string of a megabyte of lines', 'DATA', `{ post(id: """${' \n'.repeat(250_000)}""") { id } }`),
  document('a text that never ends', 'GRAPHQL_PARSE_FAILED', `{ post(id: "${'x'.repeat(100_000)}`),
];

const names: HostileInput[] = [
  document('an alias __proto__', 'DATA', '{ __proto__: post(id: "p1") { __proto__: author { __proto__: id } } }'),
  document('an alias constructor', 'DATA', '{ constructor: post(id: "p1") { prototype: author { polluted: id } } }'),
  document('an alias __typename', 'DATA', '{ post(id: "p1") { __typename: id } }'),
  document('an alias that is the name of a key', 'DATA', '{ user(id: "u1") { id: username posts { nodes { id } } } }'),
  document(
    'an alias of objects that is the name of a key',
    'DATA',
    '{ post(id: "p1") { author { username id: posts(first: 0) @include(if: true) { nodes { id } } } } }',
  ),
  document('a variable __proto__', ['DATA', 'BAD_USER_INPUT'], {
    query: 'query($__proto__: ID!) { post(id: $__proto__) { id } }',
    variables: JSON.parse('{"__proto__": "p1"}'),
  }),
  document('a condition __proto__', 'DATA', {
    query:
      'query($__proto__: Boolean!) { post(id: "p1") { id @include(if: $__proto__) author @skip(if: $__proto__) { username } } }',
    variables: JSON.parse('{"__proto__": false}'),
  }),
  document('a fragment __proto__', 'DATA', '{ ...__proto__ } fragment __proto__ on Query { __typename }'),
  document('a fragment __schema', 'DATA', '{ ...__schema } fragment __schema on Query { __typename }'),
  document('an argument __proto__', invalid, '{ post(id: "p1", __proto__: 1) { id } }'),
  document(
    'an input field __proto__',
    invalid,
    'mutation { createPost(input: { __proto__: { body: "a" } }) { post { id } } }',
  ),
  document('a type __proto__', invalid, 'query($a: __proto__) { ... on constructor { __typename } }'),
  document('an operationName __proto__', 'UNKNOWN_OPERATION', {
    query: 'query A { __typename }',
    operationName: '__proto__',
  }),
  document('an operationName that is missing', 'UNKNOWN_OPERATION', 'query A { __typename } query B { __typename }'),
  document('an operation that is there twice', invalid, {
    query: 'query A { __typename } query A { __typename }',
    operationName: 'A',
  }),
  document('an operationName of a megabyte', 'UNKNOWN_OPERATION', {
    query: 'query A { __typename }',
    operationName: 'x'.repeat(1_000_000),
  }),
  document(
    'entities asked for directly',
    invalid,
    '{ _entities(representations: []) { __typename } _service { sdl } }',
  ),
  document('a subscription', ['SUBSCRIPTIONS_UNSUPPORTED', invalid], 'subscription { posts { nodes { id } } }'),
  document('@stream', invalid, '{ posts { nodes @stream(initialCount: 0) { id } } }'),
  document('@defer', invalid, '{ ... @defer { __typename } }'),
  document('a schema instead of an operation', invalid, 'type Query { a: Int } extend type Query { b: Int }'),
];

export const documents: readonly HostileInput[] = [
  ...bombs,
  ...circles,
  ...nested,
  ...many,
  ...overlaps,
  ...values,
  ...names,
];
