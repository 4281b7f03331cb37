import { type EventLog, type OutgoingRecord, type Producer, PublishError } from '@nova/events';
import { within } from '@nova/resilience';

/** Sends through one producer, which is replaced after the log was away. */
export type Publisher = {
  /** Makes sure that there is a producer. Rejects with a `PublishError` of kind `unavailable`. */
  open(): Promise<void>;
  /** Rejects with a `PublishError`, or with the reason of `giveUp`. */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  close(): Promise<void>;
};

const closeTimeoutMs = 5_000;

/** A send that `giveUp` interrupts may still arrive. */
export function createPublisher(options: {
  log: EventLog;
  publishTimeoutMs: number;
  giveUp: AbortSignal;
  /** Interrupts opening, since nothing is under way then. */
  stopping: AbortSignal;
}): Publisher {
  const { log, publishTimeoutMs, giveUp } = options;
  const noMore = AbortSignal.any([giveUp, options.stopping]);
  let producer: Producer | undefined;
  const close = async () => {
    const closing = producer;
    producer = undefined;
    if (closing) await within(closeTimeoutMs, () => closing.stop()).catch(() => undefined);
  };
  const open = async () => {
    if (producer) return producer;
    const opening = log.openProducer();
    try {
      producer = await inTime(opening, { timeoutMs: publishTimeoutMs, giveUp: noMore });
      return producer;
    } catch (error) {
      opening.then(
        (late) => late.stop().catch(() => undefined),
        () => undefined,
      );
      throw asPublishError(error, giveUp);
    }
  };
  return {
    async open() {
      await open();
    },
    async send(records) {
      const { send } = await open();
      try {
        await inTime(send(records), { timeoutMs: publishTimeoutMs, giveUp });
      } catch (error) {
        if (!isRefusal(error)) await close();
        throw asPublishError(error, giveUp);
      }
    },
    close,
  };
}

/** Whether the log is there but does not take one of the records. */
export function isRefusal(error: unknown): error is PublishError {
  return error instanceof PublishError && error.kind === 'record';
}

/** An adapter's unforeseen error says nothing about a record: waiting loses nothing, parking a key would hold it up. */
function asPublishError(error: unknown, giveUp: AbortSignal): unknown {
  if (error instanceof PublishError || giveUp.aborted) return error;
  return new PublishError('unavailable', 'The event log failed.', { cause: error });
}

async function inTime<T>(work: Promise<T>, limits: { timeoutMs: number; giveUp: AbortSignal }): Promise<T> {
  const { timeoutMs, giveUp } = limits;
  const failed = Promise.withResolvers<never>();
  const abort = () => failed.reject(giveUp.reason);
  const timer = setTimeout(() => {
    failed.reject(new PublishError('unavailable', `The event log did not answer within ${timeoutMs} ms.`));
  }, timeoutMs);
  giveUp.addEventListener('abort', abort);
  if (giveUp.aborted) abort();
  try {
    return await Promise.race([work, failed.promise]);
  } finally {
    clearTimeout(timer);
    giveUp.removeEventListener('abort', abort);
  }
}
