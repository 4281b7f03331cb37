import type { AuditEntry } from './dead-letter-repository.ts';

/** What the replayer and the housekeeping tell. Callbacks must not throw. */
export type ReplayObserver = {
  /** A letter was replayed, or failed again. */
  onReplay?(replay: {
    readonly group: string;
    readonly id: string;
    readonly outcome: AuditEntry['outcome'];
    readonly error?: unknown;
  }): void;
  /** What a letter needs is away; it is tried again. */
  onReplayWaits?(waits: { readonly group: string; readonly id: string; readonly error: unknown }): void;
  /** Work in the background failed and comes again. */
  onBackgroundFailure?(failure: { readonly what: string; readonly error: unknown }): void;
};
