import { AppError } from '@nova/errors';

/** The gRPC calls that are made for one request, those made for them in turn included, against what its caller allows. */
export type CallTally = {
  readonly made: number;
  /** Infinity when the caller set no limit. */
  readonly left: number;
  /** Counts calls that others made; they may be more than were left. */
  add(calls: number): void;
  /** Counts one that is about to be made; throws RPC_LIMIT_EXCEEDED when none is left. */
  take(): void;
};

/** `allowance` as the caller sent it; anything but a number is no limit. */
export function createCallTally(allowance: string | undefined): CallTally {
  const allowed = countOf(allowance) ?? Number.POSITIVE_INFINITY;
  let made = 0;
  return {
    get made() {
      return made;
    },
    get left() {
      return Math.max(0, allowed - made);
    },
    add(calls) {
      made += calls;
    },
    take() {
      if (made >= allowed)
        throw new AppError('RPC_LIMIT_EXCEEDED', 'The operation takes more gRPC calls between services than it may.', {
          details: { allowance: allowed },
        });
      made += 1;
    },
  };
}

/** The number that a header or metadata entry holds. */
export function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}
