/** What an event made old. */
export type Purge = {
  /** As the gateways' cache knows them: `User:42`, or `User` for all of a type. */
  readonly tags: readonly string[];
  readonly eventType: string;
  readonly occurredAt: Date;
};

/** Resolves when no cache that was reached serves it any more. Rejects with SERVICE_UNAVAILABLE to be asked again. */
export type PurgeCaches = (purge: Purge) => Promise<void>;
