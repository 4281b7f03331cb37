import type { DescService } from '@bufbuild/protobuf';
import { isAppError } from '@nova/errors';
import { type Client, createChannel, createClientFactory } from 'nice-grpc';
import { type DeadlineOptions, deadlineMiddleware } from 'nice-grpc-client-middleware-deadline';
import { ClientError, type ClientMiddleware, Metadata } from 'nice-grpc-common';
import { countCalls, type TallyOptions } from './count-calls.ts';
import { type ServiceDefinition, toDefinition } from './definition.ts';
import { insecureChannel, type TransportSecurity } from './security.ts';
import { fromClientError } from './status.ts';

export type RpcClient<S extends DescService> = {
  /** Calls take `callOptions(origin)`; they reject with AppError. */
  readonly calls: Client<ServiceDefinition<S>, DeadlineOptions & TallyOptions>;
  stop(): void;
};

/** A typed client of one service at `address` (host:port). */
export function createRpcClient<S extends DescService>(
  service: S,
  options: { address: string; security?: Pick<TransportSecurity, 'channel'> },
): RpcClient<S> {
  const channel = createChannel(options.address, options.security?.channel ?? insecureChannel(), {
    'grpc.max_receive_message_length': 16 * 1024 * 1024,
  });
  const factory = createClientFactory().use(deadlineMiddleware).use(appErrors).use(countCalls);
  return {
    calls: factory.create(toDefinition(service), channel) as RpcClient<S>['calls'],
    stop: () => channel.close(),
  };
}

const appErrors: ClientMiddleware = async function* appErrors(call, options) {
  let trailer = Metadata();
  try {
    return yield* call.next(call.request, {
      ...options,
      onTrailer(received) {
        trailer = received;
        options.onTrailer?.(received);
      },
    });
  } catch (error) {
    if (error instanceof ClientError) throw fromClientError(error, trailer);
    // A request that was given up says why; grpc only knows that it was aborted.
    throw options.signal?.aborted && isAppError(options.signal.reason) ? options.signal.reason : error;
  }
};
