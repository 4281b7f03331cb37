/** Which records of one partition are done with, when they finish in another order than they came in. */
export type InflightTracker = {
  /** A record that was begun with; offsets ascend, gaps between them are gaps of the log. */
  admit(offset: bigint): void;
  /** The record needs no other delivery. Throws for one that was not admitted, or twice. */
  acknowledge(offset: bigint): void;
  /** Admitted and not acknowledged. */
  readonly inflight: number;
  /** Everything before it is acknowledged: what may be committed. Undefined before the first admission. */
  readonly nextOffset: bigint | undefined;
};

export function createInflightTracker(): InflightTracker {
  // In the order of admission, so that its first member bounds what is done.
  const outstanding = new Set<bigint>();
  let last: bigint | undefined;
  return {
    admit(offset) {
      if (last !== undefined && offset <= last) throw new RangeError(`Offset ${offset} does not follow ${last}.`);
      last = offset;
      outstanding.add(offset);
    },
    acknowledge(offset) {
      if (!outstanding.delete(offset)) throw new RangeError(`Offset ${offset} is not in flight.`);
    },
    get inflight() {
      return outstanding.size;
    },
    get nextOffset() {
      const [first] = outstanding;
      return first ?? (last === undefined ? undefined : last + 1n);
    },
  };
}
