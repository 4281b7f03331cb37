import type { Session } from '@nova/postgres';

/** Decides when a relay wants to be notified, which costs every writer, and when it looks by itself. */
export type Sleep = {
  /** To be called after each look for rows; returns after how many milliseconds to look again when there were none. */
  afterLook(hasFound: boolean): Promise<number>;
};

/** As many looks that found rows, within a second, wake it: from then on it looks often and nobody notifies. */
const busyLooks = 20;
const busyWithinMs = 1_000;
const lookOftenMs = 10;
/** Without rows for so long it falls asleep, and looks often for as long again: for those who wrote before and commit after. */
const quietMs = 250;
const tidyEveryMs = 5_000;

/**
 * A relay is asleep at first. Who wrote while it was awake, and commits later than it looks often, is found by the
 * next look after `pollMs`.
 */
export async function createSleep(session: Session, { pollMs }: { pollMs: number }): Promise<Sleep> {
  const found: number[] = [];
  let lastFoundAt = Number.NEGATIVE_INFINITY;
  let asleepSince: number | undefined;
  let tidiedAt = Number.NEGATIVE_INFINITY;

  const fallAsleep = async () => {
    await session.query('insert into outbox_sleepers (pid) values (pg_backend_pid()) on conflict do nothing');
    asleepSince = performance.now();
  };
  const wakeUp = async () => {
    await session.query('delete from outbox_sleepers where pid = pg_backend_pid()');
    asleepSince = undefined;
  };
  const noteFound = (now: number) => {
    lastFoundAt = now;
    found.push(now);
    if (found.length > busyLooks) found.shift();
    return found.length === busyLooks && now - (found[0] ?? 0) <= busyWithinMs;
  };

  /** Sessions that ended in their sleep would have writers notify for nothing. */
  const tidy = async (now: number) => {
    if (now - tidiedAt < tidyEveryMs) return;
    tidiedAt = now;
    await session.query('delete from outbox_sleepers where pid not in (select pid from pg_stat_activity)');
  };

  await fallAsleep();
  return {
    async afterLook(hasFound) {
      const now = performance.now();
      await tidy(now);
      if (hasFound) {
        const isBusy = noteFound(now);
        if (isBusy && asleepSince !== undefined) await wakeUp();
        return 0;
      }
      if (asleepSince === undefined && now - lastFoundAt > quietMs) await fallAsleep();
      const isSettled = asleepSince !== undefined && now - asleepSince > quietMs;
      return isSettled ? pollMs : Math.min(pollMs, lookOftenMs);
    },
  };
}
