/** Keeps retries a small part of the calls, so that they cannot add much to what already is too much. */
export type RetryBudget = {
  /** A call was made that is no retry. */
  noteCall(): void;
  /** Takes one retry out of the budget; false when there is none left. */
  take(): boolean;
};

/** Of any calls in a row at most `percent` of a hundred are retried, and `burst` more. */
export function createRetryBudget({ percent, burst }: { percent: number; burst: number }): RetryBudget {
  const retry = 100;
  let credit = burst * retry;
  return {
    noteCall() {
      credit = Math.min(burst * retry, credit + percent);
    },
    take() {
      if (credit < retry) return false;
      credit -= retry;
      return true;
    },
  };
}
