import type { Logger } from '@nova/runtime';
import { LRUCache } from 'lru-cache';
import type { RequestScope } from '../http/request-scope.ts';

const onceInMs = 3_600_000;
const maxShownLength = 100;

/** Logs the ids that nobody knows: each once an hour for every client. */
export function createUnknownIds(log: Logger): { note(scope: RequestScope): void } {
  const noted = new LRUCache<string, true>({ max: 10_000, ttl: onceInMs });
  return {
    note({ operation, client, correlationId }) {
      const documentId = operation.askedId?.slice(0, maxShownLength);
      const key = `${documentId} ${client.name} ${client.version}`;
      if (noted.has(key)) return;
      noted.set(key, true);
      log.warn(
        { documentId, clientName: client.name, clientVersion: client.version, correlationId },
        'a client asked for an id that no manifest has',
      );
    },
  };
}
