import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runNova } from '../src/nova.ts';

function recorder() {
  const lines: string[] = [];
  return { lines, log: (line: string) => lines.push(line), error: (line: string) => lines.push(line) };
}

test.each(['schema compose', 'persisted build'])('what "%s" commits is up to date', async (command) => {
  const output = recorder();
  expect(await runNova([...command.split(' '), '--check'], output), output.lines.join('\n')).toBe(0);
});

test('a command that does not exist is refused with the ones that do', async () => {
  const output = recorder();
  expect(await runNova(['schema', 'explode'], output)).toBe(2);
  expect(output.lines.join('\n')).toContain('schema compose');
});

test('the id of an operation in the manifest is the id its typed document carries', async () => {
  const manifest = JSON.parse(
    readFileSync(new URL('../../../persisted-queries/manifest.json', import.meta.url), 'utf8'),
  );
  const typed = await import('@nova/persisted-queries/web');
  const { __meta__ } = typed.HomePageDocument as unknown as { __meta__: { hash: string } };
  const [operation] = manifest.operations.filter(({ name }: { name: string }) => name === 'HomePage');
  expect(__meta__.hash).toBe(`sha256:${operation.id}`);
});
