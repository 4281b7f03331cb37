export type BreakerState = 'closed' | 'open' | 'half-open';

/** What metrics show of a state. */
export const breakerValues: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 };

export type BreakerLimits = {
  /** In a row, to open. */
  readonly failures: number;
  /** In a row, to close again. */
  readonly successes: number;
  /** From opening to the first trial. */
  readonly openMs: number;
};

/** Stops asking who does not answer. Half-open it lets one call at a time through, as a trial. */
export type Breaker = {
  readonly state: BreakerState;
  /**
   * Runs `work`, or rejects at once with `refusal()`. Work that waits before it begins calls `recheck` after that: it throws
   * the refusal when the breaker has changed its mind meanwhile.
   */
  run<T>(work: (recheck: () => void) => Promise<T>): Promise<T>;
};

export type BreakerOptions = BreakerLimits & {
  /** Whether an error speaks against who was asked. One that does not counts neither for nor against it. */
  isFailure(error: unknown): boolean;
  refusal(): Error;
  onStateChange?(state: BreakerState): void;
  /** Milliseconds of a clock that never goes back. */
  now?(): number;
};

/** One for each time it changes: what was begun under another one does not count any more. */
type Phase =
  | { readonly state: 'closed'; failures: number }
  | { readonly state: 'open'; readonly until: number }
  | { readonly state: 'half-open'; successes: number; isTrying: boolean };

export function createBreaker(options: BreakerOptions): Breaker {
  const now = options.now ?? (() => performance.now());
  let phase: Phase = { state: 'closed', failures: 0 };

  const become = (next: Phase): void => {
    phase = next;
    options.onStateChange?.(next.state);
  };
  const open = () => become({ state: 'open', until: now() + options.openMs });

  const enter = (): Phase => {
    if (phase.state === 'open' && now() >= phase.until) become({ state: 'half-open', successes: 0, isTrying: false });
    if (phase.state === 'open' || (phase.state === 'half-open' && phase.isTrying)) throw options.refusal();
    if (phase.state === 'half-open') phase.isTrying = true;
    return phase;
  };

  const succeed = (entered: Phase): void => {
    if (entered !== phase) return;
    if (entered.state === 'closed') entered.failures = 0;
    if (entered.state === 'half-open') {
      entered.successes += 1;
      if (entered.successes >= options.successes) become({ state: 'closed', failures: 0 });
    }
  };

  const fail = (entered: Phase): void => {
    if (entered !== phase) return;
    if (entered.state === 'half-open') open();
    if (entered.state === 'closed') {
      entered.failures += 1;
      if (entered.failures >= options.failures) open();
    }
  };

  return {
    get state() {
      return phase.state;
    },
    async run(work) {
      const entered = enter();
      const recheck = () => {
        if (entered !== phase) throw options.refusal();
      };
      try {
        const result = await work(recheck);
        succeed(entered);
        return result;
      } catch (error) {
        if (options.isFailure(error)) fail(entered);
        throw error;
      } finally {
        if (entered.state === 'half-open') entered.isTrying = false;
      }
    },
  };
}
