/**
 * Where a relay is: reading rows (`selecting`, `selected`), handing them to the log (`sending`, `acknowledged`), removing
 * them (`deleting`, `deleted`), and at the beginning of its stop (`stopping`).
 */
export type RelayStep = 'selecting' | 'selected' | 'sending' | 'acknowledged' | 'deleting' | 'deleted' | 'stopping';

export type Published = {
  readonly rows: number;
  /** Of keys and values, as sent. */
  readonly bytes: number;
  /**
   * For each row, from its insert by the database's clock to the log's acknowledgement. The insert is a little before the
   * commit, so that this is the latency from commit to acknowledgement or a little more.
   */
  readonly latenciesMs: readonly number[];
};

export type KeyOfTopic = { readonly topic: string; readonly key: string };

/** What a relay tells about itself; it prints nothing. Callbacks are called on its path and must be quick and not throw. */
export type RelayObserver = {
  onStep?(step: RelayStep): void;
  onPublished?(published: Published): void;
  /** The log is away (no key), or refused a row of the key that will be tried again. */
  onRetry?(retry: { readonly waitMs: number; readonly error: unknown; readonly refused?: KeyOfTopic }): void;
  onParked?(parked: KeyOfTopic & { readonly eventId: string; readonly cause: string; readonly tries: number }): void;
  /** Whether the relay has a session of the database; without one it owns nothing and sends nothing. */
  onConnected?(connected: boolean): void;
  onOwnership?(ownership: { readonly shards: number; readonly members: number }): void;
  /** The session of the database was lost or could not be had; the relay tries again after `waitMs`. */
  onTrouble?(trouble: { readonly what: string; readonly error: unknown; readonly waitMs: number }): void;
};

/** An observer that passes everything on to several. */
export function observeAll(observers: readonly RelayObserver[]): RelayObserver {
  return {
    onStep: (step) => {
      for (const observer of observers) observer.onStep?.(step);
    },
    onPublished: (published) => {
      for (const observer of observers) observer.onPublished?.(published);
    },
    onRetry: (retry) => {
      for (const observer of observers) observer.onRetry?.(retry);
    },
    onParked: (parked) => {
      for (const observer of observers) observer.onParked?.(parked);
    },
    onConnected: (connected) => {
      for (const observer of observers) observer.onConnected?.(connected);
    },
    onOwnership: (ownership) => {
      for (const observer of observers) observer.onOwnership?.(ownership);
    },
    onTrouble: (trouble) => {
      for (const observer of observers) observer.onTrouble?.(trouble);
    },
  };
}
