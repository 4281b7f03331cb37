/** What the domain that set a record aside knows of it. */
export type DeadLetterRecord = {
  readonly id: string;
  readonly headers: ReadonlyArray<{ readonly name: string; readonly value: string }>;
  /** Base64. */
  readonly value: string;
  readonly valueBytes: number;
  readonly replayRequestedAt: Date | null;
  readonly replayRequestedBy: string | null;
  readonly acts: readonly DeadLetterAct[];
  /** Undefined while it waits. */
  readonly settlement: { readonly resolution: 'replayed' | 'discarded'; readonly settledAt: Date } | undefined;
};

export type DeadLetterAct = {
  readonly at: Date;
  readonly who: string;
  readonly what: string;
  readonly outcome: string;
  readonly cause: string | null;
};
