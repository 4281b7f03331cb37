export type Backoff = {
  /** Milliseconds to wait after one more failure. */
  next(): number;
  /** After a success. */
  reset(): void;
};

/** Doubles from the first wait to the last; up to half of each is left to chance, so that relays do not come back as one. */
export function createBackoff(limits: { first: number; last: number }): Backoff {
  let failures = 0;
  return {
    next() {
      const wait = Math.min(limits.last, limits.first * 2 ** Math.min(failures, 30));
      failures += 1;
      return wait * (0.5 + Math.random() / 2);
    },
    reset() {
      failures = 0;
    },
  };
}
