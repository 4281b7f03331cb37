/** One version of an event, as its proto says it. */
export type EventType = {
  readonly type: string;
  readonly version: number;
  readonly topic: string;
  readonly domain: string;
  /** The team. */
  readonly owner: string | null;
  /** Full name of its message. */
  readonly message: string;
  readonly fields: readonly EventField[];
};

export type EventField = {
  readonly name: string;
  readonly type: string;
  readonly isList: boolean;
  readonly isPersonal: boolean;
};
