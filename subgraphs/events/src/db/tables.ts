import type { Generated } from 'kysely';

/** Append-only, in partitions by month. */
export type AuditEventsTable = {
  id: string;
  recorded_at: Generated<Date>;
  type: string;
  version: number;
  topic: string;
  aggregate_id: string;
  correlation_id: string;
  occurred_at: Date;
  /** The text of a JSON object when written. */
  payload: unknown;
};

/** Dead letters as their domains announced them. */
export type AnnouncedLettersTable = {
  id: string;
  domain: string;
  consumer_group: string;
  topic: string;
  partition: number;
  offset: string;
  key: string;
  event_id: string | null;
  event_type: string | null;
  correlation_id: string;
  cause_code: string;
  /** Kept while it waits. */
  cause: string | null;
  tries: number;
  failed_at: Date;
  /** These three are set together, when it waits no longer. */
  resolution: 'replayed' | 'discarded' | null;
  settled_at: Date | null;
  settled_by: string | null;
};

export type Tables = { audit_events: AuditEventsTable; announced_letters: AnnouncedLettersTable };
