import { create, createFileRegistry, type DescMessage, setExtension } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
  MessageOptionsSchema,
} from '@bufbuild/protobuf/wkt';
import { EventOptionsSchema, event as eventOption } from '@nova/proto/nova/common/v1/event_options_pb.js';
import { topic } from './outbox.ts';

export const renamed = 'content.thing_renamed';

/** A message of the event `renamed` as protoc would describe it, with texts as fields and the event option. */
export function eventMessage(name: string, version: number, fields: readonly string[]): DescriptorProto {
  const options = create(MessageOptionsSchema);
  setExtension(options, eventOption, create(EventOptionsSchema, { type: renamed, version, topic }));
  return create(DescriptorProtoSchema, {
    name,
    options,
    field: fields.map((field, index) => ({
      name: field,
      number: index + 1,
      type: FieldDescriptorProto_Type.STRING,
      label: FieldDescriptorProto_Label.OPTIONAL,
    })),
  });
}

/** The messages of one file, compiled. */
export function schemas(...messages: DescriptorProto[]): DescMessage[] {
  const file = create(FileDescriptorProtoSchema, {
    name: 'nova/test/v1/test_events.proto',
    package: 'nova.test.v1',
    syntax: 'proto3',
    messageType: messages,
  });
  const registry = createFileRegistry(file, () => undefined);
  return messages.map(({ name }) => registry.getMessage(`nova.test.v1.${name}`) as DescMessage);
}

/** The message's texts, whatever message it is. */
export function textsOf(schema: DescMessage, message: object): Record<string, string> {
  return Object.fromEntries(schema.fields.map(({ localName }) => [localName, Reflect.get(message, localName)]));
}
