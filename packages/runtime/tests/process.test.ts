import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { StopStack } from '../src/index.ts';

test('what was started last is stopped first, once, and one that fails does not keep the others', async () => {
  const order: string[] = [];
  const stack = new StopStack();
  stack.add('a', () => order.push('a'));
  stack.add('b', () => {
    throw new Error('b is stuck');
  });
  stack.add('c', () => order.push('c'));
  await expect(stack.stop()).rejects.toThrow(AggregateError);
  await expect(stack.stop()).rejects.toThrow(AggregateError);
  expect(order).toEqual(['c', 'a']);
});

const program = fileURLToPath(new URL('_process.ts', import.meta.url));

async function started(mode: string) {
  const child = fork(program, [mode], { silent: true, execArgv: [] });
  const output: string[] = [];
  child.stdout?.on('data', (data) => output.push(String(data)));
  await Promise.race([once(child, 'message'), once(child, 'exit')]);
  return { child, output };
}

test.each(['SIGTERM', 'SIGINT'] as const)('%s stops a process cleanly', async (signal) => {
  const { child, output } = await started('good');
  child.kill(signal);
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(output.join('')).toContain('"msg":"stopped"');
});

test('a process stops when the parent that forked it is gone', async () => {
  const { child } = await started('good');
  child.disconnect();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('a process that cannot start says why and exits with 1', async () => {
  const { child, output } = await started('bad');
  if (child.exitCode === null) await once(child, 'exit');
  expect(child.exitCode).toBe(1);
  expect(output.join('')).toContain('no database');
});
