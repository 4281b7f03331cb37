import type { DescService } from '@bufbuild/protobuf';
import { isAppError } from '@nova/errors';
import { type Client, createChannel, createClientFactory } from 'nice-grpc';
import { type DeadlineOptions, deadlineMiddleware } from 'nice-grpc-client-middleware-deadline';
import { retryMiddleware } from 'nice-grpc-client-middleware-retry';
import { ClientError, type ClientMiddleware, Metadata } from 'nice-grpc-common';
import { breakerMiddleware } from './breaker-middleware.ts';
import { type ChannelTuning, channelOptions, targetOf } from './channel.ts';
import { countCalls, type TallyOptions } from './count-calls.ts';
import { type ServiceDefinition, toDefinition } from './definition.ts';
import { retriesMiddleware } from './retries-middleware.ts';
import { insecureChannel, type TransportSecurity } from './security.ts';
import { fromClientError } from './status.ts';

export type RpcClient<S extends DescService> = {
  /** Calls take `callOptions(origin)`; they reject with AppError. */
  readonly calls: Client<ServiceDefinition<S>, DeadlineOptions & TallyOptions>;
  stop(): void;
};

/**
 * A typed client of one service at `address`: host:port, of which every address that its name has takes its turn, or a target as
 * gRPC knows it (`ipv4:10.0.0.1:50051,10.0.0.2:50051`). What may be repeated by its idempotency level is, when nobody took the call; a
 * service that fails again and again is not asked for a while.
 */
export function createRpcClient<S extends DescService>(
  service: S,
  options: { address: string; security?: Pick<TransportSecurity, 'channel'>; tuning?: Partial<ChannelTuning> },
): RpcClient<S> {
  const credentials = options.security?.channel ?? insecureChannel();
  const channel = createChannel(targetOf(options.address), credentials, channelOptions(options.tuning));
  // The last one is asked first: what the breaker sees is a call with all its tries.
  const factory = createClientFactory()
    .use(deadlineMiddleware)
    .use(countCalls)
    .use(retryMiddleware)
    .use(retriesMiddleware())
    .use(breakerMiddleware(service.typeName))
    .use(appErrors);
  return {
    calls: factory.create(toDefinition(service), channel) as unknown as RpcClient<S>['calls'],
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
