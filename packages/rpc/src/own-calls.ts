import { startDeadline } from '@nova/resilience';
import { createServiceSigner, serviceIdentitySeconds } from '@nova/runtime';
import type { CallOrigin } from './call-options.ts';
import { createCallTally } from './call-tally.ts';

/** What makes a service call of its own accord: the event it handles, say. */
export type CallCause = { readonly correlationId: string; readonly traceparent: string };

type OwnCallOptions = { readonly cause: CallCause; readonly timeoutMs: number; readonly signal?: AbortSignal };

/** The origin of calls where there is no request: they are made in the name of the service, and all of them together may take `timeoutMs`. */
export type OwnCalls = {
  run<T>(options: OwnCallOptions, work: (origin: CallOrigin) => Promise<T>): Promise<T>;
  /** For who cannot say in one function when the calls are over: `end` frees the timer. */
  begin(options: OwnCallOptions): Promise<CallOrigin & { end(): void }>;
  /** For a call that a request causes and that only the service itself may make: with its deadline and among its calls, in the service's name. */
  onBehalfOf(request: CallOrigin): Promise<CallOrigin>;
};

/** A token is signed anew when half of its life is over. */
const renewAfterMs = serviceIdentitySeconds * 500;

/** `serviceKey` is the PEM text of the key that services share; `permissions` are those of this service. */
export function createOwnCalls(options: {
  service: string;
  serviceKey: string;
  permissions?: readonly string[];
}): OwnCalls {
  const { service: name, permissions = [] } = options;
  const sign = createServiceSigner(options.serviceKey);
  let signed = { token: Promise.resolve(''), atMs: Number.NEGATIVE_INFINITY };
  const token = () => {
    const now = performance.now();
    if (now - signed.atMs > renewAfterMs) signed = { token: sign({ name, permissions }), atMs: now };
    return signed.token;
  };
  const begin: OwnCalls['begin'] = async ({ cause, timeoutMs, signal }) => {
    const identityToken = await token();
    const deadline = startDeadline(timeoutMs, signal);
    const { correlationId, traceparent } = cause;
    const tally = createCallTally(undefined);
    return { identityToken, correlationId, traceparent, deadline, tally, end: deadline.clear };
  };
  return {
    begin,
    onBehalfOf: async (request) => ({ ...request, identityToken: await token() }),
    async run(callOptions, work) {
      const origin = await begin(callOptions);
      try {
        return await work(origin);
      } finally {
        origin.end();
      }
    },
  };
}
