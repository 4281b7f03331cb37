import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { protoBreakingCommand } from './proto-baseline.ts';
import { root, runStep } from './run-step.ts';

let copy: string;
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'nova-proto-'));
  for (const part of ['buf.yaml', 'nova', 'third_party'])
    cpSync(join(root, 'proto', part), join(copy, part), { recursive: true });
});
afterEach(() => rmSync(copy, { recursive: true }));

const check = () => runStep(protoBreakingCommand(), { cwd: relative(root, copy) });

function edit(file: string, from: RegExp, to: string): void {
  const path = join(copy, 'nova', file);
  const text = readFileSync(path, 'utf8');
  const edited = text.replace(from, to);
  expect(edited).not.toBe(text);
  writeFileSync(path, edited);
}

test('what proto/ says breaks nobody who speaks the last release', () => {
  expect(check()).toBe('');
});

test.each([
  { change: 'a field of another type', from: /string author_id = 2;/, to: 'int64 author_id = 2;', said: 'Field "2"' },
  {
    change: 'a field of another number',
    from: /string author_id = 2;/,
    to: 'string author_id = 12;',
    said: 'field "2"',
  },
  { change: 'a message taken away', from: /message PostCreated/, to: 'message PostMade', said: '"PostCreated"' },
])('$change fails', ({ from, to, said }) => {
  edit('content/v1/content_events.proto', from, to);
  expect(check).toThrow(said);
});

test('a field added breaks nobody', () => {
  edit('content/v1/content_events.proto', /string author_id = 2;/, 'string author_id = 2;\n  string language = 99;');
  expect(check()).toBe('');
});
