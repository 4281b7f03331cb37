import { expect, test } from 'vitest';
import { listImports, violation } from './boundaries.ts';

test('every import of this repository points the way docs/architecture.md says', () => {
  const imports = listImports();
  expect(imports.length).toBeGreaterThan(100);
  expect(imports.filter((entry) => violation(entry) !== undefined)).toEqual([]);
});

const post = 'subgraphs/content/src/posts/post.ts';
const loaders = 'subgraphs/content/src/graphql/loaders.ts';

test.each([
  ['contracts import nothing', 'schema/src/index.ts', 'packages/errors/index.ts'],
  ['a package imports lower levels only', 'packages/runtime/src/x.ts', 'packages/postgres/index.ts'],
  ['a package never imports its own level', 'packages/rpc/src/x.ts', 'packages/postgres/index.ts'],
  ['a package never imports a subgraph', 'packages/subgraph/src/x.ts', 'subgraphs/user/index.ts'],
  ['nothing but tests imports testkit', loaders, 'packages/testkit/index.ts'],
  ['the gateway knows no database', 'gateway/src/gateway.ts', 'packages/postgres/index.ts'],
  ['the gateway never imports a subgraph', 'gateway/src/gateway.ts', 'subgraphs/user/index.ts'],
  ['rooms of the gateway meet in gateway.ts only', 'gateway/src/fanout/x.ts', 'gateway/src/auth/viewer.ts'],
  ['a subgraph never imports another', loaders, 'subgraphs/user/index.ts'],
  ['rules import errors only', post, 'packages/postgres/index.ts'],
  ['rules know no repository', post, 'subgraphs/content/src/posts/post-repository.ts'],
  [
    "a noun never uses another's repository",
    'subgraphs/content/src/posts/post-commands.ts',
    'subgraphs/content/src/comments/comment-repository.ts',
  ],
  ['nouns never call doors', 'subgraphs/content/src/posts/post-commands.ts', loaders],
  ['doors never touch each other', 'subgraphs/content/src/consumers/x.ts', loaders],
])('%s', (_law, from, to) => {
  expect(violation({ from, to })).toBeTypeOf('string');
});
