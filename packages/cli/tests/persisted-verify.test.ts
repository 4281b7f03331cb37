import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, print, visit } from 'graphql';
import { afterAll, expect, test } from 'vitest';
import { runNova } from '../src/nova.ts';

const manifestFile = new URL('../../../persisted-queries/manifest.json', import.meta.url);
type Operation = { readonly id: string; readonly name: string; readonly body: string };
const operations: Operation[] = JSON.parse(readFileSync(manifestFile, 'utf8')).operations;
const home = operations.find(({ name }) => name === 'HomePage') as Operation;

const directory = mkdtempSync(join(tmpdir(), 'nova-verify-'));
afterAll(() => rmSync(directory, { recursive: true }));

async function verify(name: string, content: string): Promise<{ code: number; text: string }> {
  const file = join(directory, name);
  writeFileSync(file, content);
  return verifyFile(file);
}

async function verifyFile(file: string): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const output = { log: (line: string) => lines.push(line), error: (line: string) => lines.push(line) };
  const code = await runNova(['persisted', 'verify', file], output);
  return { code, text: lines.join('\n') };
}

test.each<[what: string, name: string, content: string]>([
  ['the text that codegen emitted', 'home.graphql', home.body],
  ['a request by id', 'body.json', JSON.stringify({ documentId: `sha256:${home.id}`, operationName: 'HomePage' })],
  ['a request with text', 'body.json', JSON.stringify({ query: home.body })],
  ['the manifest itself', 'manifest.json', readFileSync(manifestFile, 'utf8')],
])('%s is in the manifest', async (_what, name, content) => {
  expect((await verify(name, content)).code).toBe(0);
});

const changed = (change: (body: string) => string) => change(print(parse(home.body)));
test.each<[what: string, content: string, reason: RegExp]>([
  [
    'only formatted otherwise',
    changed((body) => body),
    /in another text or order; send the one that codegen emits \([0-9a-f]{64}\)/,
  ],
  [
    'as it was written, which codegen sorts',
    readFileSync(new URL('../../../persisted-queries/web/HomePage.graphql', import.meta.url), 'utf8'),
    /it asks for what HomePage of the manifest asks for/,
  ],
  [
    'as it was written and then changed',
    readFileSync(new URL('../../../persisted-queries/web/HomePage.graphql', import.meta.url), 'utf8').replace('3', '7'),
    /posts\.nodes\.comments: first: 7, in the manifest first: 3/,
  ],
  [
    'with a field more',
    changed((body) => body.replace('nodes {', 'nodes {\n extra')),
    /posts\.nodes\.extra is asked for/,
  ],
  ['with a field less', withoutFirst('username'), /username is missing, and the manifest asks for it/],
  [
    'with another argument',
    changed((body) => body.replace('first: 3', 'first: 7')),
    /posts\.nodes\.comments: first: 7, in the manifest first: 3/,
  ],
  [
    'under another name',
    changed((body) => body.replace('HomePage', 'Start')),
    /no operation .* is called Start; it has .*HomePage/,
  ],
  ['without a name', '{ viewer { id } }', /has no name/],
  ['that is not GraphQL', '{ viewer {', /is not GraphQL: Syntax Error/],
])('a document %s is told why it is not in the manifest', async (_what, content, reason) => {
  const { code, text } = await verify('sent.graphql', content);
  expect([code, text]).toEqual([1, expect.stringMatching(reason)]);
});

test('an id that is not that of its text is told both', async () => {
  const { code, text } = await verify('body.json', JSON.stringify({ documentId: 'a'.repeat(64), query: home.body }));
  expect([code, text]).toEqual([1, expect.stringMatching(new RegExp(`its id a{64} is not .* ${home.id}`))]);
});

test('an id without a text is told that it may be newer than the manifest', async () => {
  const { code, text } = await verify('body.json', JSON.stringify({ documentId: `sha256:${'A'.repeat(64)}` }));
  expect([code, text]).toEqual([1, expect.stringMatching(/has the id a{64}, and there is no text.*persisted build/)]);
});

test.each([
  ['nowhere.json', undefined, /nowhere\.json cannot be read: ENOENT/],
  ['broken.json', '{ no', /broken\.json is not JSON/],
  ['other.json', '7', /other\.json is neither a manifest nor the body of a request/],
])('of %s it is said what is wrong with the file', async (name, content, reason) => {
  const { code, text } = await (content === undefined ? verifyFile(join(directory, name)) : verify(name, content));
  expect([code, text]).toEqual([2, expect.stringMatching(reason)]);
});

function withoutFirst(field: string): string {
  let isGone = false;
  const document = visit(parse(home.body), {
    Field(node) {
      if (isGone || node.name.value !== field) return undefined;
      isGone = true;
      return null;
    },
  });
  return print(document);
}
