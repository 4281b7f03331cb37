import type { EventCatalogue, EventHandler } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import type { Tables } from '../db/tables.ts';
import type { DomainEventCommands } from '../domain-events/domain-event-commands.ts';
import type { PurgeCaches } from '../purges/purge.ts';
import { auditTrail } from './audit-trail.ts';
import { cachePurges } from './cache-purges.ts';
import { deadLetterSettled } from './dead-letter-settled.ts';
import { deadLettered } from './dead-lettered.ts';

type Groups = Readonly<Record<string, readonly EventHandler<HandlerContext<Tables>>[]>>;

/** What events listens to. Each group has a pace, an inbox and dead letters of its own; their names never change. */
export function createGroups(deps: {
  catalogue: EventCatalogue;
  domainEvents: DomainEventCommands;
  /** Undefined where no cache is kept. */
  purge: PurgeCaches | undefined;
}): Groups {
  return {
    'audit-trail': auditTrail(deps.catalogue, deps.domainEvents),
    'dead-letters': [deadLettered, deadLetterSettled],
    ...(deps.purge ? { 'cache-purges': cachePurges(deps.purge) } : {}),
  };
}
