import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '@nova/resilience';
import type { ConsumeOptions, LogConsumer } from '../event-log.ts';
import { createPartitionDeliveries, type FetchedBatch } from './partition-deliveries.ts';

/** A membership of the client library's consumer in the group, through any number of rebalances. */
export type ConsumerSession = {
  /** Resolves with the reason when it is of no more use. */
  readonly ended: Promise<unknown>;
  /** Leaves the group, if the broker answers in time. */
  close(): Promise<void>;
  sever(): void;
};

export type SessionHooks = {
  onFetched(batch: FetchedBatch): Promise<void>;
  /** The group divides its partitions anew. */
  onRebalance(): void;
  /** It has divided them. */
  onJoined(): void;
};

/** Resolves when the group was joined; rejects, and leaves nothing behind, when that failed, soon after an abort at the latest. */
export type OpenConsumerSession = (hooks: SessionHooks, signal: AbortSignal) => Promise<ConsumerSession>;

const reopening = { firstMs: 250, maxMs: 5_000 };
/** A membership that held this long was no failed start. */
const steadyMs = 5_000;

/** Resolves after the first try to join, whatever came of it, and keeps a session from then on. */
export async function startKafkaConsumer(
  { onBatch, onTrouble: report }: Pick<ConsumeOptions, 'onBatch' | 'onTrouble'>,
  openSession: OpenConsumerSession,
): Promise<LogConsumer> {
  const onTrouble: typeof report = (trouble) => {
    try {
      report?.(trouble);
    } catch {
      // Nobody is left to tell, and what was being mended must be.
    }
  };
  const deliveries = createPartitionDeliveries({ onBatch, onTrouble });
  const stopping = new AbortController();
  const tried = Promise.withResolvers<void>();
  let stopped: Promise<void> | undefined;

  const hooks: SessionHooks = {
    onFetched: deliveries.take,
    onRebalance() {
      onTrouble({ what: 'The group divides its partitions anew.' });
      deliveries.abort();
    },
    onJoined: deliveries.lose,
  };

  /** Until the session ends, or everything was taken back for a stop. */
  const hold = async (session: ConsumerSession) => {
    const ending = session.ended.then((error) => ({ error }));
    const ended = await Promise.race([ending, once(stopping.signal)]);
    if (!ended) await session.close();
    session.sever();
    return ended?.error;
  };

  const keep = async () => {
    let failures = 0;
    while (!stopped) {
      let error: unknown;
      try {
        const session = await openSession(hooks, stopping.signal);
        tried.resolve();
        const joinedAt = performance.now();
        error = await hold(session);
        if (performance.now() - joinedAt > steadyMs) failures = 0;
      } catch (notJoined) {
        error = notJoined;
      }
      tried.resolve();
      deliveries.lose();
      if (stopped) return;
      const waitMs = backoffMs(reopening, failures);
      failures += 1;
      onTrouble({ what: `The connection to Kafka was lost; another is made in ${waitMs} ms.`, error });
      await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };

  const kept = keep();
  await tried.promise;
  return {
    stop() {
      stopped ??= deliveries.close().then(() => {
        stopping.abort();
        return kept;
      });
      return stopped;
    },
  };
}

function once(signal: AbortSignal): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  if (signal.aborted) resolve(undefined);
  signal.addEventListener('abort', () => resolve(undefined), { once: true });
  return promise;
}
