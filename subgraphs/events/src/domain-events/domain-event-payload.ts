import { type DescField, type DescMessage, fromBinary, getOption, hasOption, toJson } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { EventError } from '@nova/events';
import { personal } from '@nova/proto/nova/common/v1/event_options_pb.js';

/** Whether a field says something about a person, by its mark in the proto. */
export function isPersonal(field: DescField): boolean {
  return hasOption(field, personal) && getOption(field, personal);
}

/**
 * An event's message as the text of a JSON object, without the fields that are personal, at any depth. Throws `EventError`
 * MALFORMED when the payload is not the message.
 */
export function payloadText(schema: DescMessage, payload: Uint8Array): string {
  const message = decoded(schema, payload);
  dropPersonal(reflect(schema, message));
  // jsonb has no NUL.
  return JSON.stringify(toJson(schema, message)).replaceAll('\\u0000', '\\ufffd');
}

function decoded(schema: DescMessage, payload: Uint8Array) {
  try {
    return fromBinary(schema, payload, { readUnknownFields: false });
  } catch (cause) {
    throw new EventError('MALFORMED', `The payload is not a ${schema.typeName}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function dropPersonal(message: ReflectMessage): void {
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    if (isPersonal(field)) message.clear(field);
    else if (field.fieldKind === 'message') dropPersonal(message.get(field));
    else if (field.fieldKind === 'list' && field.listKind === 'message')
      for (const item of message.get(field)) dropPersonal(item as ReflectMessage);
    else if (field.fieldKind === 'map' && field.mapKind === 'message')
      for (const item of message.get(field).values()) dropPersonal(item as ReflectMessage);
  }
}
