import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createFileRegistry, type DescMessage, fromBinary, hasOption } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { event as eventOption } from '@nova/proto/nova/common/v1/event_options_pb.js';
import { type EventType, eventTypeOf } from './event.ts';

/** The events there are, by type and version. */
export type EventCatalogue = {
  readonly events: readonly (EventType & { readonly schema: DescMessage })[];
  /** Whether any version of the type is known. */
  hasType(type: string): boolean;
  hasVersion(type: string, version: number): boolean;
};

/** Every message in `proto/` that has an event option. */
export function readEventCatalogue(): EventCatalogue {
  const path = createRequire(import.meta.url).resolve('@nova/proto/descriptors');
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(path)));
  const messages = [...registry].filter((desc) => desc.kind === 'message');
  return createEventCatalogue(messages.filter((message) => hasOption(message, eventOption)));
}

/** Throws when two messages claim the same type and version. */
export function createEventCatalogue(schemas: readonly DescMessage[]): EventCatalogue {
  const events = schemas.map((schema) => ({ ...eventTypeOf(schema), schema }));
  const known = new Map<string, string>();
  for (const { type, version, schema } of events) {
    const name = `${type} v${version}`;
    const other = known.get(name);
    if (other) throw new Error(`${schema.typeName} and ${other} both claim to be ${name}.`);
    known.set(name, schema.typeName);
  }
  return {
    events,
    hasType: (type) => events.some((event) => event.type === type),
    hasVersion: (type, version) => known.has(`${type} v${version}`),
  };
}
