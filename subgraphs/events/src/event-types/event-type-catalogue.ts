import { type DescField, ScalarType } from '@bufbuild/protobuf';
import type { EventCatalogue } from '@nova/events';
import { subgraphContact } from '@nova/federation/subgraph-contact';
import { subgraphNames, subgraphSdl } from '@nova/schema';
import { isPersonal } from '../domain-events/domain-event-payload.ts';
import type { EventField, EventType } from './event-type.ts';

/** Every event of the catalogue, by type and version. */
export function listEventTypes({ events }: EventCatalogue): EventType[] {
  const owners = new Map(subgraphNames().map((name) => [name, subgraphContact(subgraphSdl(name))]));
  const types = events.map(({ type, version, topic, schema }) => {
    const [, domain = ''] = schema.typeName.split('.');
    // What all domains announce is consumed here, and owned by who runs this.
    const owner = owners.get(domain === 'common' ? 'events' : domain) ?? null;
    return { type, version, topic, domain, owner, message: schema.typeName, fields: schema.fields.map(toField) };
  });
  return types.sort((a, b) => a.type.localeCompare(b.type) || a.version - b.version);
}

function toField(field: DescField): EventField {
  const isList = field.fieldKind === 'list' || field.fieldKind === 'map';
  return { name: field.name, type: typeOf(field), isList, isPersonal: isPersonal(field) };
}

function typeOf(field: DescField): string {
  if (field.message) return field.message.typeName;
  if (field.enum) return field.enum.typeName;
  return ScalarType[field.scalar].toLowerCase();
}
