/** Orders what was begun and what was written in this process, so that nobody is given what was begun before his own write. */
export type WriteClock = {
  /** The number of what begins now. */
  begin(): number;
  /** A mutation of this user has ended, however. */
  wrote(user: string): void;
  /** Whether what began at this number shows what the user has written. */
  isAfterWrites(begunAt: number, user: string): boolean;
};

/** Remembers the last write of so many users; those forgotten are taken to have written when the last of them did. */
export function createWriteClock(maxUsers = 10_000): WriteClock {
  // The longest ago comes first.
  const writes = new Map<string, number>();
  let now = 0;
  let forgotten = 0;
  const tick = () => {
    now += 1;
    return now;
  };
  return {
    begin: tick,
    wrote(user) {
      writes.delete(user);
      writes.set(user, tick());
      const [oldest] = writes;
      if (!oldest || writes.size <= maxUsers) return;
      writes.delete(oldest[0]);
      forgotten = oldest[1];
    },
    isAfterWrites: (begunAt, user) => begunAt > (writes.get(user) ?? forgotten),
  };
}
