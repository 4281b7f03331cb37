import type { EventCatalogue, EventHandler } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import type { Tables } from '../db/tables.ts';
import type { DomainEventCommands } from '../domain-events/domain-event-commands.ts';

/** The group that records every version of every event there is. */
export function auditTrail(
  { events }: EventCatalogue,
  domainEvents: DomainEventCommands,
): EventHandler<HandlerContext<Tables>>[] {
  return [...Map.groupBy(events, ({ type }) => type)].map(([type, versions]) => {
    const schemas = new Map(versions.map(({ version, schema }) => [version, schema]));
    const topic = versions[0]?.topic ?? '';
    return {
      type,
      topic,
      versions: new Set(schemas.keys()),
      async run(event, { tx }) {
        const schema = schemas.get(event.version);
        if (schema) await domainEvents.record(tx, event, { schema, topic });
      },
    };
  });
}
