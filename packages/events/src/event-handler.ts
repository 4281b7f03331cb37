import { create, type DescMessage, fromBinary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import type { EventCatalogue } from './catalogue.ts';
import { type EncodedEvent, eventTypeOf, readEvent } from './event.ts';
import { EventError } from './event-error.ts';

/** One event as a handler gets it. */
export type ReceivedEvent<D extends DescMessage> = Omit<EncodedEvent, 'payload'> & {
  readonly message: MessageShape<D>;
};

/** What a consumer does with one type of event. `Context` is what it works with: a transaction, say. */
export type EventHandler<Context> = {
  readonly type: string;
  readonly topic: string;
  readonly versions: ReadonlySet<number>;
  /** Throws `EventError` MALFORMED when the payload is not the message. */
  run(event: EncodedEvent, context: Context): Promise<void>;
};

/** Turns an older version of an event into the current one. */
export type Upcast<D extends DescMessage> = {
  readonly version: number;
  toCurrent(payload: Uint8Array): MessageShape<D>;
};

/** `schema` is the current version; older ones reach the handler through `upcasts`. */
export function on<D extends DescMessage, Context>(
  schema: D,
  handle: (event: ReceivedEvent<D>, context: Context) => Promise<void>,
  upcasts: readonly Upcast<D>[] = [],
): EventHandler<Context> {
  const { type, topic, version } = eventTypeOf(schema);
  const decoders = new Map<number, (payload: Uint8Array) => MessageShape<D>>([
    ...upcasts.map((upcast) => [upcast.version, upcast.toCurrent] as const),
    [version, (payload) => fromBinary(schema, payload)],
  ]);
  return {
    type,
    topic,
    versions: new Set(decoders.keys()),
    async run({ payload, ...event }, context) {
      const decode = decoders.get(event.version);
      if (!decode) throw unknownVersion(event);
      await handle({ ...event, message: decoded(decode, payload, type) }, context);
    },
  };
}

/** `convert` gives the current message for one of the version that `from` is. */
export function upcast<Old extends DescMessage, D extends DescMessage>(
  from: Old,
  to: D,
  convert: (old: MessageShape<Old>) => MessageInitShape<D>,
): Upcast<D> {
  return {
    version: eventTypeOf(from).version,
    toCurrent: (payload) => create(to, convert(fromBinary(from, payload))),
  };
}

export type Routed<Context> = { readonly event: EncodedEvent; readonly handler: EventHandler<Context> };

/**
 * Finds the handler of a record's event; undefined when the event is known but nobody here wants it. The returned function
 * throws `EventError`: MALFORMED, UNKNOWN_TYPE, UNKNOWN_VERSION.
 */
export function createRouter<Context>(
  handlers: readonly EventHandler<Context>[],
  catalogue: EventCatalogue,
): (value: Uint8Array) => Routed<Context> | undefined {
  const byType = new Map(handlers.map((handler) => [handler.type, handler]));
  return (value) => {
    const event = readEvent(value);
    const handler = byType.get(event.type);
    if (handler?.versions.has(event.version)) return { event, handler };
    if (!catalogue.hasType(event.type))
      throw new EventError('UNKNOWN_TYPE', `This build knows no event "${event.type}".`);
    if (handler || !catalogue.hasVersion(event.type, event.version)) throw unknownVersion(event);
    return undefined;
  };
}

function decoded<M>(decode: (payload: Uint8Array) => M, payload: Uint8Array, type: string): M {
  try {
    return decode(payload);
  } catch (cause) {
    throw new EventError('MALFORMED', `The payload is not a ${type}: ${(cause as Error).message}`, { cause });
  }
}

function unknownVersion({ type, version }: { type: string; version: number }): EventError {
  return new EventError('UNKNOWN_VERSION', `This consumer knows no version ${version} of "${type}".`);
}
