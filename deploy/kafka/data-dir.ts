import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Advice } from '../dev/bootstrap/advice.mjs';
import { takeLock } from '../dev/bootstrap/lock-file.mjs';
import { endLeftovers, type Identity, identify, sendSignal } from '../dev/bootstrap/processes.mjs';

type NotedBroker = Identity & { readonly name: string };

export type DataDir = {
  /** Notes which brokers run now, so that whoever finds this process gone can end them. */
  note(pids: readonly number[]): void;
  release(): void;
};

const orderlyStopMs = 15_000;

/**
 * Makes this process the one that runs Kafka on a data directory, and ends the brokers that a killed one left there.
 * Throws `Advice` when another process, or this one, runs on it.
 */
export async function openDataDir(dataDir: string): Promise<DataDir> {
  mkdirSync(dataDir, { recursive: true });
  const lock = takeLock(join(dataDir, 'lock'), { brokers: [] });
  if (lock.kind === 'held') throw new Advice(`Kafka is running on ${dataDir} already: process ${lock.pid}.`);
  const leftovers = lock.stale && 'brokers' in lock.stale ? (lock.stale.brokers as NotedBroker[]) : [];
  if (leftovers.length > 0) {
    // Should this start be killed as well, the next one still learns of them.
    lock.update({ facts: { brokers: leftovers } });
    for (const { pid, startedAt } of leftovers) {
      if (identify(pid)?.startedAt === startedAt) sendSignal(pid, 'SIGTERM');
    }
    await endLeftovers(leftovers, orderlyStopMs);
  }
  return {
    note(pids) {
      const brokers = pids.flatMap((pid) => identify(pid) ?? []).map((identity) => ({ name: 'kafka', ...identity }));
      lock.update({ facts: { brokers } });
    },
    release: lock.release,
  };
}
