import { type ConsumerObserver, EventError, type LogRecord } from '@nova/events';
import type { Logger } from '@nova/runtime';
import type { ReplayObserver } from './replay-observer.ts';

/** Writes what an operator wants to read of a consumer; single events that go well are not among it. */
export function logConsumer(log: Logger): ConsumerObserver & ReplayObserver {
  return {
    onRetry: ({ group, record, error, retryable, delayMs }) =>
      log.warn({ err: error, group, ...place(record), retryable, delayMs }, 'an event is tried again'),
    onGivenUp: ({ group, record, error, tries }) =>
      log.error(
        { err: error, group, ...place(record), tries, code: error instanceof EventError ? error.code : 'FAILED' },
        'an event is set aside: its key waits for an operator (nova dead-letters)',
      ),
    onTrouble: ({ group, what, error }) => log.warn({ err: error, group, what }, 'the consumer met trouble'),
    onReplay: ({ group, id, outcome, error }) =>
      outcome === 'failed'
        ? log.error({ err: error, group, deadLetterId: id }, 'a dead letter failed again')
        : log.info({ group, deadLetterId: id, outcome }, 'a dead letter was replayed'),
    onReplayWaits: ({ group, id, error }) =>
      log.warn({ err: error, group, deadLetterId: id }, 'a replay waits for what it needs'),
    onBackgroundFailure: ({ what, error }) => log.warn({ err: error, what }, 'work in the background failed'),
  };
}

function place({ topic, partition, offset, headers }: LogRecord) {
  const eventId = headers['event-id'];
  return { topic, partition, offset: String(offset), eventId, correlationId: headers['correlation-id'] };
}
