import type { Session } from '@nova/postgres';

/** Decides when a relay wants to be notified, which costs every writer, and when it looks by itself. */
export type Sleep = {
  /** To be called after each look for rows; returns after how many milliseconds to look again when there were none. */
  afterLook(hasFound: boolean): Promise<number>;
  /** Nobody need notify this relay any more, unless it looks again. */
  leave(): Promise<void>;
};

/**
 * It wakes after as many looks that found rows within a second, or when it has found rows at every look for a second: from
 * then on it looks often and nobody notifies.
 */
const busyLooks = 20;
const busyWithinMs = 1_000;
const lookOftenMs = 10;
/** Without rows for so long it falls asleep, and looks often for as long again: for those who wrote before and commit after. */
const quietMs = 250;
const tidyEveryMs = 5_000;

/** A relay falls asleep with its first look. */
export function createSleep(session: Session, { pollMs }: { pollMs: number }): Sleep {
  let found: number[] = [];
  let lastFoundAt = Number.NEGATIVE_INFINITY;
  let findsSince: number | undefined;
  let asleepSince: number | undefined;
  let tidiedAt = Number.NEGATIVE_INFINITY;

  const fallAsleep = async () => {
    await session.query('insert into outbox_sleepers (pid) values (pg_backend_pid()) on conflict do nothing');
    asleepSince = performance.now();
    found = [];
  };
  const wakeUp = async () => {
    if (asleepSince === undefined) return;
    await session.query('delete from outbox_sleepers where pid = pg_backend_pid()');
    asleepSince = undefined;
  };
  const isBusy = (now: number) => {
    found = [...found.slice(1 - busyLooks), now];
    const areDense = found.length === busyLooks && now - (found[0] ?? 0) <= busyWithinMs;
    findsSince ??= now;
    return areDense || now - findsSince > busyWithinMs;
  };
  /** Relays that ended in their sleep would have writers notify for nothing. */
  const tidy = async (now: number) => {
    if (now - tidiedAt < tidyEveryMs) return;
    tidiedAt = now;
    await session.query(
      `delete from outbox_sleepers where pid not in
         (select pid from pg_stat_activity where application_name = current_setting('application_name'))`,
    );
  };

  return {
    async afterLook(hasFound) {
      const now = performance.now();
      await tidy(now);
      if (hasFound) {
        lastFoundAt = now;
        if (isBusy(now)) await wakeUp();
        return 0;
      }
      findsSince = undefined;
      if (asleepSince === undefined && now - lastFoundAt > quietMs) await fallAsleep();
      const isSettled = asleepSince !== undefined && performance.now() - asleepSince > quietMs;
      return isSettled ? pollMs : Math.min(pollMs, lookOftenMs);
    },
    leave: wakeUp,
  };
}
