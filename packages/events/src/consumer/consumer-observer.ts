import type { LogRecord } from '../event-log.ts';

/**
 * `handled`: had its effect now. `ignored`: a known event that this group does not want. `duplicate`: had its effect
 * before. `dead_lettered`: set aside.
 */
export type RecordResult = 'handled' | 'ignored' | 'duplicate' | 'dead_lettered';

type Of = { readonly group: string; readonly record: LogRecord };

/** What a consumer tells of its work, to logs, metrics and tests. Callbacks must not throw. */
export type ConsumerObserver = {
  /** Records came; `redelivered` of them had come to this process before. */
  onDelivery?(delivery: {
    readonly group: string;
    readonly topic: string;
    readonly partition: number;
    readonly records: number;
    readonly redelivered: number;
  }): void;
  /** A record is done with. `seconds` from its first try on, waits included. */
  onRecord?(record: Of & { readonly result: RecordResult; readonly seconds: number }): void;
  /** How long after its transaction an event reached its handler, by the database's clock. */
  onAge?(age: Of & { readonly seconds: number }): void;
  /** A try failed; the next comes in `delayMs`. Retryable failures go on until they pass, others up to the limit of tries. */
  onRetry?(retry: Of & { readonly error: unknown; readonly retryable: boolean; readonly delayMs: number }): void;
  /** A record is about to be set aside after `tries` tries. */
  onGivenUp?(givenUp: Of & { readonly error: unknown; readonly tries: number }): void;
  onCommit?(commit: {
    readonly group: string;
    readonly topic: string;
    readonly partition: number;
    readonly nextOffset: bigint;
  }): void;
  /** What was met and is mended without help: a lost connection, a rebalance, a commit that failed. */
  onTrouble?(trouble: { readonly group: string; readonly what: string; readonly error?: unknown }): void;
};

/** One observer that tells several. */
export function allObservers(observers: readonly (ConsumerObserver | undefined)[]): ConsumerObserver {
  const present = observers.filter((observer) => observer !== undefined);
  return {
    onDelivery: (told) => present.forEach((observer) => void observer.onDelivery?.(told)),
    onRecord: (told) => present.forEach((observer) => void observer.onRecord?.(told)),
    onAge: (told) => present.forEach((observer) => void observer.onAge?.(told)),
    onRetry: (told) => present.forEach((observer) => void observer.onRetry?.(told)),
    onGivenUp: (told) => present.forEach((observer) => void observer.onGivenUp?.(told)),
    onCommit: (told) => present.forEach((observer) => void observer.onCommit?.(told)),
    onTrouble: (told) => present.forEach((observer) => void observer.onTrouble?.(told)),
  };
}
