import { create, type DescMessage, fromBinary, getOption, hasOption, toBinary } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { EnvelopeSchema } from '@nova/proto/nova/common/v1/envelope_pb.js';
import { event as eventOption } from '@nova/proto/nova/common/v1/event_options_pb.js';
import { EventError } from './event-error.ts';
import type { OutgoingRecord } from './event-log.ts';

/** What the event option of a message says. */
export type EventType = { readonly type: string; readonly version: number; readonly topic: string };

/** One event with its message still encoded. */
export type EncodedEvent = {
  /** The same however often the event is delivered. */
  readonly id: string;
  readonly type: string;
  readonly version: number;
  /** What the event is about, and its record's key. */
  readonly aggregateId: string;
  readonly correlationId: string;
  readonly traceparent: string;
  readonly occurredAt: Date;
  readonly payload: Uint8Array;
};

/** Throws when the message has no event option in its proto. */
export function eventTypeOf(schema: DescMessage): EventType {
  const found = hasOption(schema, eventOption) ? getOption(schema, eventOption) : undefined;
  if (!found) throw new Error(`${schema.typeName} is no event: its proto gives it no (nova.common.v1.event) option.`);
  return { type: found.type, version: found.version, topic: found.topic };
}

/** The record that carries an event. Its headers repeat what tools and filters want without decoding. */
export function toRecord(topic: string, event: EncodedEvent): OutgoingRecord {
  const { id, type, version, aggregateId, correlationId, traceparent, occurredAt, payload } = event;
  const envelope = create(EnvelopeSchema, {
    eventId: id,
    type,
    version,
    aggregateId,
    correlationId,
    traceparent,
    occurredAt: timestampFromDate(occurredAt),
    payload,
  });
  return {
    topic,
    key: aggregateId,
    value: toBinary(EnvelopeSchema, envelope),
    headers: {
      'event-id': id,
      'event-type': type,
      'event-version': String(version),
      'correlation-id': correlationId,
      traceparent,
    },
  };
}

/** Throws `EventError` MALFORMED when the value is no envelope. */
export function readEvent(value: Uint8Array): EncodedEvent {
  try {
    const envelope = fromBinary(EnvelopeSchema, value);
    if (!uuid.test(envelope.eventId)) throw new Error('it has no event id');
    if (envelope.type === '' || envelope.version < 1) throw new Error('it has no type or version');
    if (!envelope.occurredAt) throw new Error('it has no time');
    const { eventId: id, type, version, aggregateId, correlationId, traceparent, payload } = envelope;
    const occurredAt = timestampDate(envelope.occurredAt);
    return { id, type, version, aggregateId, correlationId, traceparent, occurredAt, payload };
  } catch (cause) {
    throw new EventError('MALFORMED', `The value is not an event: ${(cause as Error).message}`, { cause });
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
