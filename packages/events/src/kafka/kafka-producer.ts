import { setTimeout as delay } from 'node:timers/promises';
import { within } from '@nova/resilience';
import { type OutgoingRecord, type Producer, PublishError } from '../event-log.ts';
import { isRetriable, toPublishError } from './kafka-errors.ts';

/** An idempotent producer of the client library with a producer id of its own. */
export type ProducerSession = {
  /** Rejects when a topic is not there or closed to us; nothing was sent then. */
  requireTopics(topics: readonly string[]): Promise<void>;
  /** Once it rejected, the sequence numbers are unknown: sever the session. */
  append(records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
  /** Nothing leaves it any more, not even a retry that is under way. */
  sever(): void;
};

export type OpenProducerSession = (signal: AbortSignal) => Promise<ProducerSession>;

export type KafkaProducerOptions = {
  /** Rejects, and leaves nothing behind, when no producer id could be had or the signal aborts. */
  readonly openSession: OpenProducerSession;
  /** For a send, and for opening. */
  readonly timeoutMs: number;
};

/** Under the 100 MB at which a broker drops the connection instead of answering. */
const mostBytes = 64 * 1024 * 1024;
const reopenEveryMs = 200;

/**
 * Whatever fails in a session ends the session: its sequence numbers may be those of records that the broker holds, and
 * the broker would acknowledge other records under them as duplicates, without appending them. After a refused record the
 * next send opens another session; after an unknown outcome the producer refuses everything.
 */
export async function openKafkaProducer({ openSession, timeoutMs }: KafkaProducerOptions): Promise<Producer> {
  let session: ProducerSession | undefined = await before(timeoutMs, (signal) => open(openSession, signal));
  let dead: PublishError | undefined;
  let isStopped = false;
  let last: Promise<unknown> = Promise.resolve();

  const append = async (records: readonly OutgoingRecord[], signal: AbortSignal) => {
    const used = session ?? (await open(openSession, signal));
    session = used;
    const sever = () => used.sever();
    signal.addEventListener('abort', sever);
    try {
      await used.requireTopics([...new Set(records.map(({ topic }) => topic))]);
      signal.throwIfAborted();
      await used.append(records).catch((error) => {
        used.sever();
        session = undefined;
        throw error;
      });
    } finally {
      signal.removeEventListener('abort', sever);
    }
  };

  const send = async (records: readonly OutgoingRecord[]) => {
    if (dead) throw new PublishError('unavailable', 'This producer failed before; open another.', { cause: dead });
    refuseOversize(records);
    try {
      await before(timeoutMs, (signal) => append(records, signal));
    } catch (error) {
      const failure = toPublishError(error);
      if (failure.kind === 'unavailable') {
        dead = failure;
        session?.sever();
      }
      throw failure;
    }
  };

  return {
    send(records) {
      if (isStopped) return Promise.reject(new PublishError('unavailable', 'This producer was stopped.'));
      if (records.length === 0) return Promise.resolve();
      const sent = last.then(() => send(records));
      last = sent.catch(() => undefined);
      return sent;
    },
    async stop() {
      isStopped = true;
      await last;
      await session?.close();
    },
  };
}

/** A broker that starts answers with errors that ask for another try. */
async function open(openSession: OpenProducerSession, signal: AbortSignal): Promise<ProducerSession> {
  for (;;) {
    try {
      return await openSession(signal);
    } catch (error) {
      if (!isRetriable(error)) throw error;
    }
    await delay(reopenEveryMs, undefined, { signal });
  }
}

/** Rejects with `PublishError` unavailable at the deadline, whatever the work does about its signal. */
async function before<T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return within(timeoutMs, work).catch((error) => {
    throw toPublishError(error);
  });
}

function refuseOversize(records: readonly OutgoingRecord[]): void {
  const bytes = records.reduce((sum, { value }) => sum + value.byteLength, 0);
  if (bytes > mostBytes)
    throw new PublishError('record', `${records.length} records of ${bytes} bytes are more than one request may hold.`);
}
