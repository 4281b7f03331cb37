import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { Advice } from './bootstrap/advice.mjs';
import { node24, root } from './bootstrap/machine.mjs';
import { ensureInstalled } from './bootstrap.mjs';

/** What `npm test`, `npm run verify` and the others run, with Node 24, once everything is installed. */
const tasks = {
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  verify: ['tools/verify.ts'],
  check: ['tools/verify.ts', '--no-tests'],
  format: ['tools/format.ts'],
  nova: ['packages/cli/bin/nova.ts'],
  documents: ['tools/documents.ts'],
  'proto-baseline': ['tools/write-proto-baseline.ts'],
  audit: ['tools/audit.ts'],
  bench: ['bench/run.mjs'],
  'bench:door': ['bench/door/run.mjs'],
  'bench:heavy': ['bench/heavy/run.mjs'],
  'bench:events': ['bench/events/run.ts'],
  kafka: ['deploy/kafka/main.ts'],
};

const interrupted = new AbortController();
let child;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interrupted.abort(new Advice(`Interrupted by ${signal}.`));
    // A terminal sends Ctrl-C to the child as well; others know only this process.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child?.kill(signal);
  });
}

try {
  const [task, ...args] = process.argv.slice(2);
  if (task === 'codegen') await ensureInstalled({ regenerate: true, signal: interrupted.signal });
  else if (Object.hasOwn(tasks, task)) {
    await ensureInstalled({ signal: interrupted.signal });
    process.exitCode = await run([...tasks[task], ...args]);
  } else throw new Advice(`There is no task "${task ?? ''}". Tasks: ${[...Object.keys(tasks), 'codegen'].join(', ')}.`);
} catch (error) {
  console.error(error instanceof Advice ? error.message : error);
  process.exitCode = 1;
}

function run([file, ...args]) {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(root, '.data/compile-cache') };
  child = spawn(node24(), [join(root, file), ...args], { cwd: root, env, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}
