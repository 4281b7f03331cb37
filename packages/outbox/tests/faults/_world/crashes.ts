import { expect } from 'vitest';
import type { FailPoint } from '../../_harness/relay-child.ts';
import type { RelayProcess } from '../../_harness/relay-process.ts';
import { blockedSession, lockRow } from './blocked.ts';
import type { FaultWorld } from './fault-world.ts';
import { anyOf, secondsToPublish, secondsToStart } from './progress.ts';

/** Starts a relay that ends by SIGKILL, some time after it published or could have; resolves when it is gone. */
export type Crash = (world: FaultWorld, onStarted: (relay: RelayProcess) => void) => Promise<void>;

export type Recovery = {
  /** From the end of a relay to the first acknowledgement that the next one tells of, at most. */
  readonly seconds: number;
  /** The same, without what the next process took to start and load its program. */
  readonly secondsOfRelay: number;
};

/** Crashes so many relays, one after the other, then starts one that lives. */
export async function crashRelays(world: FaultWorld, crash: Crash, crashes: number): Promise<Recovery> {
  const all: Promise<number>[] = [];
  const ofRelay: Promise<number>[] = [];
  let endedAt: number | undefined;
  const follow = (relay: RelayProcess) => {
    if (endedAt === undefined) return;
    const [published, started] = [secondsToPublish(relay, endedAt), secondsToStart(relay, endedAt)];
    all.push(published);
    ofRelay.push(Promise.all([published, started]).then(([whole, start]) => whole - start));
  };
  for (let crashed = 0; crashed < crashes; crashed += 1) {
    await crash(world, follow);
    endedAt = performance.now();
  }
  follow(world.relay());
  return { seconds: Math.max(...(await Promise.all(all))), secondsOfRelay: Math.max(...(await Promise.all(ofRelay))) };
}

/** At a step, after at least one batch. The second look is made while the first batch is sent. */
export function crashAt(at: FailPoint['at']): Crash {
  const first = at === 'selecting' || at === 'selected' ? 3 : 2;
  return async (world, onStarted) => {
    const relay = world.relay({ failPoint: { at, occurrence: anyOf(first, first + 2) } });
    onStarted(relay);
    expect(await relay.ended).toBe('SIGKILL');
  };
}

/** While the database is at the delete: it waits there for a row that somebody else has locked. */
export const crashInDelete: Crash = crashBlocked({
  row: 'select from outbox_events order by id',
  application: 'outbox-relay',
});

/** While the database deletes what the inbox need not remember any more. */
export const crashInPurge: Crash = crashBlocked({
  row: `select from inbox where seen_at < now() - interval '15 days'`,
  application: 'housekeeping',
  keepsHouse: true,
});

/** While the database deletes what is past its retention in the log in PostgreSQL. */
export const crashInSweep: Crash = crashBlocked({
  row: `select from event_log.records where appended_at < now() - interval '1 day' order by "offset"`,
  application: 'nova event log',
  keepsHouse: true,
});

/** When a session of the relay's process stands in the middle of a statement that wants a row. */
function crashBlocked(at: { row: string; application: string; keepsHouse?: boolean }): Crash {
  return async (world, onStarted) => {
    const unlock = await lockRow(world, at.row);
    const relay = world.relay({ keepsHouse: at.keepsHouse });
    onStarted(relay);
    const published = secondsToPublish(relay, 0);
    try {
      await blockedSession(world, at.application);
      await published;
      relay.signal('SIGKILL');
      await relay.ended;
    } finally {
      await unlock();
    }
  };
}

/** At the beginning of its stop, with a batch under way. */
export const crashInShutdown: Crash = async (world, onStarted) => {
  const relay = world.relay({ failPoint: { at: 'stopping', occurrence: 1 } });
  onStarted(relay);
  await secondsToPublish(relay, 0);
  relay.signal('SIGTERM');
  expect(await relay.ended).toBe('SIGKILL');
};
