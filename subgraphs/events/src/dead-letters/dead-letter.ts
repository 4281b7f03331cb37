/** Why a record was set aside; a code that is not among these counts as FAILED. */
export const deadLetterCauses = ['MALFORMED', 'UNKNOWN_TYPE', 'UNKNOWN_VERSION', 'FAILED', 'KEY_PARKED'] as const;
export type DeadLetterCause = (typeof deadLetterCauses)[number];
export type DeadLetterState = 'WAITING' | 'REPLAYED' | 'DISCARDED';

/** A dead letter as its domain announced it. */
export type DeadLetter = {
  readonly id: string;
  readonly domain: string;
  readonly consumerGroup: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly eventId: string | null;
  readonly eventType: string | null;
  readonly correlationId: string;
  readonly cause: DeadLetterCause;
  /** Null once it is settled. */
  readonly message: string | null;
  readonly tries: number;
  readonly failedAt: Date;
  readonly state: DeadLetterState;
  readonly settledAt: Date | null;
  readonly settledBy: string | null;
};

export type DeadLetterFilter = {
  readonly domain?: string | null;
  readonly cause?: DeadLetterCause | null;
  readonly state?: DeadLetterState | null;
};

/** How and when a letter came to an end. */
export type Settlement = {
  readonly resolution: 'replayed' | 'discarded';
  readonly settledAt: Date;
  readonly settledBy: string;
};

/** Which letters of a domain are to be replayed. */
export type ReplaySelection =
  | { readonly id: string }
  | { readonly cause: DeadLetterCause; readonly limit: number }
  | { readonly all: true; readonly limit: number };

/** What became of replays so far. */
export type ReplayOutcome = {
  readonly requested: number;
  readonly hasMore: boolean;
  readonly waiting: number;
  readonly replayed: number;
  readonly duplicate: number;
  readonly failed: number;
  readonly blocked: number;
};

/** `error`: the code of what the domain answered with instead. */
export type DomainReplay = ReplayOutcome & { readonly domain: string; readonly error: string | null };

export const noReplays: ReplayOutcome = {
  requested: 0,
  hasMore: false,
  waiting: 0,
  replayed: 0,
  duplicate: 0,
  failed: 0,
  blocked: 0,
};

export function causeFrom(code: string): DeadLetterCause {
  return deadLetterCauses.find((cause) => cause === code) ?? 'FAILED';
}
