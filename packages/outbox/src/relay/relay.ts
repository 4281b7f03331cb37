import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog } from '@nova/events';
import { createBackoff, createWakeUp } from '@nova/resilience';
import { defaultRelayLimits, type RelayLimits } from './relay-limits.ts';
import type { RelayObserver } from './relay-observer.ts';
import { runSession, type SessionRun } from './run-session.ts';

export type RelayOptions = {
  /** Of the domain's role, not through a transaction pooler: LISTEN and session locks do not pass one. */
  readonly directUrl: string;
  /** Where the outbox is. */
  readonly schema: string;
  readonly log: EventLog;
  readonly observer?: RelayObserver;
  readonly limits?: Partial<RelayLimits>;
};

export type Relay = {
  /**
   * Finishes the batch in flight, gives the shards to others and closes. Takes as long as a send may take and a little
   * more; what is not finished then is given up and will be published again.
   */
  stop(): Promise<void>;
};

const stopMarginMs = 10_000;
/** Short, because a database comes back as fast as it went. */
const reconnectMs = { firstMs: 100, maxMs: 3_000 };

/**
 * Publishes the outbox of a schema, for ever until stopped, whatever is away meanwhile; returns at once. Any number may
 * run: they divide the shards.
 *
 * What it promises: no committed row is lost (a row leaves the table only after the log acknowledged it), and the first
 * time each event of a key appears in the log is in the order of their commits. An event appears twice only when a
 * relay ended between acknowledgement and delete, or when the log failed a send that it had partly taken.
 *
 * Why order holds even when a relay was paused, lost its session and sends late: it sends what it read while it
 * owned the shard, and for each key that was the first rows there were, in order, but for rows that the log had
 * acknowledged before. It could delete none of what it sends, so the new owner read those rows too and sends them, in
 * order, before any later row of the key. However two such sequences mix, each event is preceded by the one before it:
 * the late ones are duplicates. The same holds for a send that timed out and arrives after its repetition.
 */
export function startRelay(options: RelayOptions): Relay {
  const limits = { ...defaultRelayLimits, ...options.limits };
  const observer = options.observer ?? {};
  const stopping = new AbortController();
  const abandon = new AbortController();
  const wakeUp = createWakeUp();
  stopping.signal.addEventListener('abort', wakeUp.wake);
  const logBackoff = createBackoff(limits.backoff);
  const { directUrl, schema, log } = options;
  const running = keepRunning({
    directUrl,
    schema,
    log,
    limits,
    observer,
    wakeUp,
    logBackoff,
    stopping: stopping.signal,
    abandon: abandon.signal,
  });
  let stopped: Promise<void> | undefined;
  return {
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };

  async function stop(): Promise<void> {
    observer.onStep?.('stopping');
    stopping.abort();
    const timer = setTimeout(() => abandon.abort(), limits.publishTimeoutMs + stopMarginMs);
    await running;
    clearTimeout(timer);
  }
}

async function keepRunning(run: Omit<SessionRun, 'onReady'>): Promise<void> {
  const backoff = createBackoff(reconnectMs);
  while (!run.stopping.aborted) {
    try {
      await runSession({ ...run, onReady: backoff.reset });
    } catch (error) {
      const waitMs = backoff.next();
      run.observer.onTrouble?.({ what: 'The session of the database was lost.', error, waitMs });
      await sleep(waitMs, undefined, { signal: run.stopping }).catch(() => undefined);
    }
  }
}
