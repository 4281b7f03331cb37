import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from '@bufbuild/protobuf/wkt';

/** nice-grpc knows service definitions of ts-proto; these types and `toDefinition` give it protobuf-es services in that form. */
type MessageType<D extends DescMessage> = {
  encode(message: MessageShape<D>): { finish(): Uint8Array };
  decode(bytes: Uint8Array): MessageShape<D>;
  fromPartial(init: MessageInitShape<D>): MessageShape<D>;
};

type MethodDefinition<M extends DescMethod> = {
  name: string;
  requestType: MessageType<M['input']>;
  responseType: MessageType<M['output']>;
  requestStream: M['methodKind'] extends 'unary' | 'server_streaming' ? false : true;
  responseStream: M['methodKind'] extends 'unary' | 'client_streaming' ? false : true;
  options: { idempotencyLevel?: 'IDEMPOTENT' | 'NO_SIDE_EFFECTS' };
};

export type ServiceDefinition<S extends DescService> = {
  name: string;
  fullName: string;
  methods: { [K in keyof S['method']]: MethodDefinition<S['method'][K]> };
};

export function toDefinition<S extends DescService>(service: S): ServiceDefinition<S> {
  const methods = Object.fromEntries(service.methods.map((method) => [method.localName, methodDefinition(method)]));
  return { name: service.name, fullName: service.typeName, methods: methods as ServiceDefinition<S>['methods'] };
}

function methodDefinition(method: DescMethod) {
  return {
    name: method.name,
    requestType: messageType(method.input),
    responseType: messageType(method.output),
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    options: idempotencyOf(method),
  };
}

function messageType<D extends DescMessage>(description: D): MessageType<D> {
  return {
    encode: (message) => ({ finish: () => toBinary(description, message) }),
    decode: (bytes) => fromBinary(description, bytes),
    fromPartial: (init) => create(description, init),
  };
}

function idempotencyOf(method: DescMethod): { idempotencyLevel?: 'IDEMPOTENT' | 'NO_SIDE_EFFECTS' } {
  if (method.idempotency === IdempotencyLevel.IDEMPOTENT) return { idempotencyLevel: 'IDEMPOTENT' };
  if (method.idempotency === IdempotencyLevel.NO_SIDE_EFFECTS) return { idempotencyLevel: 'NO_SIDE_EFFECTS' };
  return {};
}
