import { randomUUID } from 'node:crypto';
import { type CallTally, callOptions, createCallTally } from '@nova/rpc';
import { anonymous, type Identity, traceparentFrom } from '@nova/runtime';
import type { TestKeys } from './identities.ts';

const timeoutMs = 20_000;

/** Options of a call as some service makes it for a request: an anonymous one, unless it is said whose. */
export async function callFor(
  keys: TestKeys,
  { as = anonymous, tally = createCallTally(undefined) }: { as?: Identity | { token: string }; tally?: CallTally } = {},
): Promise<ReturnType<typeof callOptions>> {
  return callOptions({
    identityToken: 'token' in as ? as.token : await keys.sign(as),
    correlationId: randomUUID(),
    traceparent: traceparentFrom(undefined),
    deadline: { remainingMs: () => timeoutMs, signal: AbortSignal.timeout(timeoutMs) },
    tally,
  });
}
