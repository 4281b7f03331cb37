import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Advice } from '../bootstrap/advice.mjs';
import { takeLock } from '../bootstrap/lock-file.mjs';
import { endLeftovers, identify, isRunning } from '../bootstrap/processes.mjs';
import { withProgress } from '../bootstrap/progress.mjs';

/** How long a launcher that lost its start.mjs takes to stop everything in order. */
const orderlyStopMs = 15_000;
/** How long domains that lost their launcher take to stop by themselves. */
const orphanStopMs = 5_000;

/** Everything a start keeps in a data directory; `--reset` removes these and nothing else. */
const kept = ['postgres', 'media', 'keys', 'seeded.json', 'kafka', 'redis', 'event-engine.json'];

/**
 * Makes this process the one that runs on a data directory, and ends what a killed one left running there.
 * Throws `Advice` naming the other process when there is one.
 */
export async function openInstance({ dataDir, port }) {
  makeDataDir(dataDir);
  const lock = takeLock(join(dataDir, 'lock'), { port, processes: [] });
  if (lock.kind === 'held') {
    throw new Advice(
      `Nova is running on this data already: process ${lock.pid}, http://127.0.0.1:${lock.facts.port}/ (data in ${dataDir}).\n` +
        `Stop it (kill ${lock.pid}), or start a second one with its own data and ports:\n` +
        `  npm start -- --port ${lock.facts.port + 100} --data-dir .data-2`,
    );
  }
  const leftovers = (lock.stale?.processes ?? []).filter(isRunning);
  if (leftovers.length > 0) {
    // Should this start be killed as well, the next one still learns of them.
    lock.update({ facts: { processes: leftovers } });
    const names = leftovers.map(({ name, pid }) => `${name} ${pid}`).join(', ');
    await withProgress(
      {
        title: `the last start was killed; ending what it left (${names})`,
        done: 'processes of the killed start ended',
      },
      () => endLeftovers(leftovers, leftovers.some(({ name }) => name === 'launcher') ? orderlyStopMs : orphanStopMs),
    );
  }
  let processes = [];
  return {
    /** Notes what now runs, so that whoever finds the lock stale can end it. */
    note(running) {
      processes = running.map(({ name, pid }) => ({ name, ...identify(pid) })).filter(({ pid }) => pid !== undefined);
      lock.update({ facts: { processes } });
    },
    /** Ends whatever noted process still runs. */
    endAll: (graceMs) => endLeftovers(processes, graceMs),
    release: lock.release,
  };
}

export function resetData(dataDir) {
  for (const name of kept) rmSync(join(dataDir, name), { recursive: true, force: true });
}

function makeDataDir(dataDir) {
  if (existsSync(dataDir)) return;
  try {
    mkdirSync(dataDir, { recursive: true });
    // Whatever the umask: when root starts Nova, PostgreSQL runs as another user and must get through.
    chmodSync(dataDir, 0o755);
  } catch (error) {
    throw new Advice(`The data directory cannot be made (${error.message}). Choose another one with --data-dir.`);
  }
}
