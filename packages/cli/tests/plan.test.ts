import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { runNova } from '../src/nova.ts';

const program = fileURLToPath(new URL('../bin/nova.ts', import.meta.url));
const manifestFile = new URL('../../../persisted-queries/manifest.json', import.meta.url);
const directory = mkdtempSync(join(tmpdir(), 'nova-plan-'));
afterAll(() => rmSync(directory, { recursive: true }));

type Result = { readonly code: number; readonly out: string; readonly error: string };

function plan(...args: string[]): Promise<Result> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'plan', ...args], (failed, out, error) =>
      resolve({ code: failed ? Number(failed.code) : 0, out, error }),
    );
  });
}

/** Without a process of its own, which takes a second to start. */
async function planHere(...args: string[]): Promise<Result> {
  const [out, error]: [string[], string[]] = [[], []];
  const output = { log: (line: string) => out.push(`${line}\n`), error: (line: string) => error.push(`${line}\n`) };
  return { code: await runNova(['plan', ...args], output), out: out.join(''), error: error.join('') };
}

function fileOf(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

test('the plan of an operation is a tree of waves, with owners, places, keys, and what it takes of the limits', async () => {
  const { code, out } = await plan('HomePage');
  expect(code).toBe(0);
  expect(out).toBe(`query HomePage
├─ wave 1
│  ├─ 1 content (Content team)
│  │    posts
│  └─ 2 identity (Identity team)
│       viewer
└─ wave 2
   └─ 3 user (Profiles team), after 1
        posts.nodes.author: User by id → displayName, username
        posts.nodes.comments.nodes.author: User by id → displayName, username

fetches 3 of 10 (content 1, identity 1, user 1)
waves   2 of 6
cost    92 of 1000 (most at posts.nodes.comments.nodes.author)
depth   5 of 10
kept    no (decided by viewer)
`);
});

test('an operation is found by its id, and its plan is there as JSON', async () => {
  const [{ id }] = JSON.parse(readFileSync(manifestFile, 'utf8')).operations.filter(
    ({ name }: { name: string }) => name === 'CreatePost',
  );
  const { code, out } = await plan(`sha256:${id}`, '--json');
  expect(code).toBe(0);
  const { requests, ...facts } = JSON.parse(out);
  expect(facts).toMatchObject({
    name: 'CreatePost',
    type: 'mutation',
    id,
    fetches: 2,
    waves: 2,
    calls: 'content 1, user 1',
  });
  expect(requests).toEqual([
    {
      number: 1,
      wave: 1,
      subgraph: 'content',
      after: [],
      parts: [{ path: '', conditions: [], entities: [], fields: ['createPost'] }],
    },
    {
      number: 2,
      wave: 2,
      subgraph: 'user',
      after: [1],
      parts: [
        {
          path: 'createPost.post.author',
          conditions: [],
          entities: [{ type: 'User', by: 'id' }],
          fields: ['displayName', 'username'],
        },
      ],
    },
  ]);
});

test('pictures go to files beside the tree, or to the output instead of it', async () => {
  const [mermaid, svg] = [join(directory, 'plan.mmd'), join(directory, 'plan.svg')];
  const { out } = await plan('ProfilePage', '--mermaid', mermaid, '--svg', svg);
  expect(out).toMatch(/^query ProfilePage\n/);
  expect(readFileSync(mermaid, 'utf8')).toContain('  r1 --> r2\n');
  const printed = await planHere('ProfilePage', '--svg', '-');
  expect(printed.out).toBe(readFileSync(svg, 'utf8'));
});

test('of a file with several operations one is chosen by name', async () => {
  const file = fileOf(
    'two.graphql',
    'query One { viewer { id } } query Two { posts(first: 1) { ...P } } fragment P on PostConnection { nodes { id } }',
  );
  expect(await plan(file)).toEqual({
    code: 1,
    out: '',
    error: 'It has 2 operations; choose with --operation-name: One, Two.\n',
  });
  expect((await planHere(file, '--operation-name', 'Three')).error).toBe('No Three is there, but One, Two.\n');
  expect((await planHere(file, '--operation-name', 'Two')).out).toMatch(
    /^query Two\n└─ wave 1\n {3}└─ 1 content \(Content team\)/,
  );
});

test('places are named as the client names them', async () => {
  const { out } = await planHere(fileOf('alias.graphql', '{ p: posts(first: 1) { n: nodes { by: author { bio } } } }'));
  expect(out).toContain('p.n.by: User by id → bio');
  expect(out).toMatch(/^kept .*\(decided by p\)$/m);
  expect(out).not.toContain('_alias_');
});

test('what the gateway would refuse is drawn all the same, and said', async () => {
  const deep = (levels: number): string =>
    levels === 0 ? 'id' : `author { bio posts(first: 1) { nodes { ${deep(levels - 1)} } } }`;
  const { code, out } = await planHere(fileOf('deep.graphql', `{ posts(first: 1) { nodes { ${deep(4)} } } }`));
  expect(code).toBe(0);
  expect(out).toMatch(/^depth {3}\d+ of 10$/m);
  expect(out).toContain('The gateway refuses it by default: over the limit of depth.');
});

test.each<[what: string, args: () => string[], error: RegExp]>([
  ['a name that is nearly right', () => ['HomPage'], /no operation "HomPage".* Did you mean HomePage/],
  ['a name that is like no other', () => ['Qqqqqqqqqqqq'], /It has AddComment, .*\.$/m],
  ['a file that is not there', () => ['nowhere.graphql'], /^nowhere\.graphql cannot be read: /],
  ['a text that is not GraphQL', () => [fileOf('bad.graphql', '{ posts(')], /Syntax Error.*\n\nGraphQL request:1:9\n/],
  [
    'a field that the schema does not have',
    () => [fileOf('unknown.graphql', '{ posts(first: 1) { nodes { titel } } }')],
    /Cannot query field "titel" on type "Post"[\s\S]*:1:29/,
  ],
  [
    'a file without an operation',
    () => [fileOf('none.graphql', 'fragment P on Post { id }')],
    /^It has no operation\./,
  ],
  ['a picture that has no place', () => ['HomePage', '--svg', join(directory, 'no', 'plan.svg')], /cannot be written/],
])('%s: no plan, with the reason', async (_what, args, error) => {
  const result = await planHere(...args());
  expect(result).toEqual({ code: 1, out: '', error: expect.stringMatching(error) });
  expect(result.error).not.toContain('    at ');
});

test.each([[[]], [['One', 'Two']], [['HomePage', '--nothing']], [['HomePage', '--json', '--svg', '-']]])(
  'arguments that are not understood are answered with how it is used: %j',
  async (args) => {
    const { code, error } = await planHere(...args);
    expect([code, error]).toEqual([2, expect.stringContaining('Usage: ')]);
  },
);

test('help is about the command that it is asked for', async () => {
  const { code, out } = await planHere('--help');
  expect([code, out]).toEqual([0, expect.stringContaining('plan <operation>')]);
  expect(out).not.toContain('dead-letters');
});
