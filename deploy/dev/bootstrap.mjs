import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { generate, isGenerated } from './bootstrap/codegen.mjs';
import { install, isInstalled } from './bootstrap/install.mjs';
import { takeLock } from './bootstrap/lock-file.mjs';
import { requireSupportedMachine, root } from './bootstrap/machine.mjs';
import { withProgress } from './bootstrap/progress.mjs';

/**
 * Brings the clone to where Node 24 can run its TypeScript: packages installed, code generated. Does nothing when
 * both are up to date. Two processes may call it on one clone at once: the second waits for the first.
 *
 * @param {{ signal?: AbortSignal, regenerate?: boolean }} options `regenerate` generates code in any case.
 */
export async function ensureInstalled({ signal, regenerate = false } = {}) {
  requireSupportedMachine();
  if (!regenerate && isInstalled() && isGenerated()) return;
  const lock = await waitForLock(join(root, '.data/bootstrap.lock'), signal);
  try {
    if (!isInstalled()) await install({ signal, onPid: (pid) => lock.update({ owners: [pid] }) });
    if (regenerate || !isGenerated()) await generate({ signal });
  } finally {
    lock.release();
  }
}

async function waitForLock(file, signal) {
  const first = takeLock(file, {});
  if (first.kind === 'taken') return first;
  return withProgress(
    {
      title: `another process is installing this clone (pid ${first.pid}); waiting for it`,
      done: 'the other process is done',
    },
    async () => {
      for (;;) {
        const lock = takeLock(file, {});
        if (lock.kind === 'taken') return lock;
        await delay(200, undefined, { signal });
      }
    },
  );
}
