import type { Logger } from '@nova/runtime';
import type { RelayObserver } from './relay-observer.ts';

/** Writes what an operator wants to read of a relay; what goes well is not among it. */
export function logRelay(log: Logger): RelayObserver {
  return {
    onRetry: ({ waitMs, error, refused }) =>
      refused
        ? log.warn({ err: error, waitMs, ...refused }, 'the event log refused an event, which is tried again alone')
        : log.warn({ err: error, waitMs }, 'the event log is away; events wait in the outbox'),
    onParked: ({ topic, key, eventId, cause, tries }) =>
      log.error({ topic, key, eventId, cause, tries }, 'an event cannot be published: its key waits for an operator'),
    onOwnership: (ownership) => log.info(ownership, 'the shards of the outbox were divided'),
    onTrouble: ({ what, error, waitMs }) => log.warn({ err: error, waitMs, what }, 'the relay met trouble'),
  };
}
