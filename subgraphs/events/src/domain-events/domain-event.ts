/** An event as the audit trail keeps it: without what its proto marks as personal. */
export type DomainEvent = {
  /** uuidv7, so that the order of ids is the order of time. */
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly topic: string;
  readonly aggregateId: string;
  readonly correlationId: string;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  readonly payload: unknown;
};

/** Which events of the trail; all of what is given must hold. */
export type DomainEventFilter = {
  readonly type?: string | null;
  readonly aggregateId?: string | null;
  readonly correlationId?: string | null;
};
