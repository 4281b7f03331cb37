import { type EventHandler, on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import type { Tables } from '../db/tables.ts';
import type { PurgeCaches } from '../purges/purge.ts';
import { cacheTags } from './cache-tags.ts';

/** The group that listens to everything that makes something old. A purge may come twice, so it needs no transaction. */
export function cachePurges(purge: PurgeCaches): EventHandler<HandlerContext<Tables>>[] {
  return cacheTags.map(({ schema, tagsOf }) =>
    on(schema, ({ message, type: eventType, occurredAt }) => purge({ tags: tagsOf(message), eventType, occurredAt })),
  );
}
