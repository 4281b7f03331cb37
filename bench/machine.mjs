import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));

/** The peers are no part of the workspace: npm installs them in bench/, or in a folder of it, from the lockfile there, when it changed. */
export function installPeers(directory = here) {
  const installed = join(directory, 'node_modules/.package-lock.json');
  const changed = () => statSync(installed).mtimeMs < statSync(join(directory, 'package-lock.json')).mtimeMs;
  if (existsSync(installed) && !changed()) return;
  console.log('Installing what Nova is measured against ...');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: directory, stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm ci failed in ${directory}.`);
}

export function warnWhenBusy() {
  const [load] = loadavg();
  if (load > 1) console.warn(`The machine is busy (load ${load.toFixed(1)}): figures will be noisy.`);
}

export function machine() {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: existsSync(join(root, '.git')) ? git('rev-parse', '--short', 'HEAD') : 'unknown',
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
  };
}
