import type { Logger } from '@nova/runtime';
import { LRUCache } from 'lru-cache';
import type { RequestScope } from '../http/request-scope.ts';

const onceInMs = 3_600_000;

/** Logs the texts that no manifest has, before a policy refuses them: each once an hour for every client. */
export function createTextMeasure(log: Logger): { note(scope: RequestScope): void } {
  const noted = new LRUCache<string, true>({ max: 10_000, ttl: onceInMs });
  return {
    note({ operation, client }) {
      if (operation.hash === undefined || (operation.foundBy !== 'text' && operation.foundBy !== 'apq')) return;
      const key = `${operation.hash} ${client.name} ${client.version}`;
      if (noted.has(key)) return;
      noted.set(key, true);
      log.warn(
        {
          documentHash: operation.hash,
          operationName: operation.name?.slice(0, 100),
          clientName: client.name,
          clientVersion: client.version,
        },
        'a document was served that no manifest has',
      );
    },
  };
}
