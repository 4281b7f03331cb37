import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runNova } from '../src/nova.ts';

const directory = mkdtempSync(join(tmpdir(), 'nova-report-'));
afterAll(() => rmSync(directory, { recursive: true }));

async function report(documents: Readonly<Record<string, string>>, ...flags: string[]) {
  const operations = Object.entries(documents).map(([name, body]) => ({
    id: createHash('sha256').update(body).digest('hex'),
    name,
    type: 'query',
    body,
  }));
  const file = join(directory, 'manifest.json');
  writeFileSync(file, JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }));
  const lines: string[] = [];
  const output = { log: (line: string) => lines.push(line), error: (line: string) => lines.push(line) };
  const code = await runNova(['persisted', 'report', '--manifest', file, ...flags], output);
  return { code, text: lines.join('\n') };
}

test('the report says of each operation how deep it is, what it costs and where, and how far it fans out, whose it is, and how long its answer may be kept', async () => {
  const documents = {
    One: 'query One { posts(first: 5) { nodes { id } } }',
    Far: 'query Far($n: Int) { posts(first: $n) { nodes { author { displayName } comments(first: 3) { nodes { body } } } } viewer { id } }',
  };
  const { code, text } = await report(documents, '--json');
  expect([code, JSON.parse(text)]).toEqual([
    0,
    [
      expect.objectContaining({
        name: 'One',
        depth: 2,
        fetches: 1,
        waves: 1,
        subgraphs: ['content'],
        owners: ['Content team'],
        cacheability: { maxAgeSeconds: 5, scope: 'public', decidedBy: 'posts' },
      }),
      expect.objectContaining({
        name: 'Far',
        fetches: 3,
        waves: 2,
        subgraphs: ['content', 'identity', 'user'],
        costliestPath: 'posts.nodes.comments.nodes',
        owners: ['Content team', 'Identity team', 'Profiles team'],
        cacheability: { maxAgeSeconds: 0, scope: 'private', decidedBy: 'viewer' },
      }),
    ],
  ]);
  const [one, far] = JSON.parse(text);
  expect(far.cost).toBeGreaterThan(20 * one.cost);
  const table = await report(documents);
  expect(table.text).toMatch(/^\| operation \|[^\n]*\n\| --- [^\n]*\n\| One \| query \| 2 \| /);
  const cells = table.text.split('\n').map((line) => line.split(' | '));
  expect(new Set(cells.map(({ length }) => length))).toEqual(new Set([9]));
  expect(cells.map((line) => line.at(-1))).toEqual([
    'kept (decided by) |',
    '--- |',
    'public, 5 s (posts) |',
    'no (viewer) |',
  ]);
});

test('an operation that the supergraph cannot serve is named with why, and the command fails', async () => {
  const { code, text } = await report({ Bad: 'query Bad { nothingOfTheKind }' });
  expect([code, text]).toEqual([1, expect.stringContaining('Cannot query field "nothingOfTheKind"')]);
});

test('every operation that is committed can be reported', async () => {
  const lines: string[] = [];
  const output = { log: (line: string) => lines.push(line), error: (line: string) => lines.push(line) };
  expect(await runNova(['persisted', 'report'], output)).toBe(0);
  expect(lines.join('\n')).toContain('| HomePage | query |');
});
