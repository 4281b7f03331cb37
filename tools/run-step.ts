import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../', import.meta.url));

/** Runs a program to its end from `cwd` (default: the root) and throws its output when it fails. Plugins it spawns as `node` get this Node. */
export function runStep(command: readonly string[], options: { cwd?: string; inherit?: boolean } = {}): string {
  const [program = process.execPath, ...args] = command;
  const result = spawnSync(program, args, {
    cwd: join(root, options.cwd ?? '.'),
    encoding: 'utf8',
    stdio: options.inherit ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
  });
  if (result.error) throw result.error;
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}`;
  if (result.status !== 0) throw new Error(`${command.join(' ')} failed\n${output}`);
  return output;
}

/** The command that runs a package's JavaScript program with this Node. */
export function nodeProgram(path: string, ...args: string[]): string[] {
  return [process.execPath, join(root, 'node_modules', path), ...args];
}
