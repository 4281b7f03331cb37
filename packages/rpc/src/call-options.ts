import { metadataNames } from '@nova/runtime';
import { type CallOptions, Metadata } from 'nice-grpc-common';
import type { CallTally } from './call-tally.ts';

/** The request on whose behalf a call is made. Its identity, correlation id, remaining time and remaining calls go with the call. */
export type CallOrigin = {
  readonly identityToken: string;
  readonly correlationId: string;
  readonly traceparent: string;
  readonly deadline: { remainingMs(): number; readonly signal: AbortSignal };
  readonly tally: CallTally;
};

/** Longest a single call may take by default, in milliseconds, however much time its request has left. */
const maxCallMs = 10_000;

/** `deadline` is in milliseconds from now. A call that streams may be given more than other calls. */
export function callOptions(
  origin: CallOrigin,
  { maxMs = maxCallMs }: { maxMs?: number } = {},
): CallOptions & { deadline: number; tally: CallTally } {
  const deadline = Math.min(origin.deadline.remainingMs(), maxMs);
  return {
    metadata: Metadata({
      [metadataNames.identity]: origin.identityToken,
      [metadataNames.correlationId]: origin.correlationId,
      [metadataNames.traceparent]: origin.traceparent,
      [metadataNames.timeout]: `${deadline}m`,
    }),
    signal: origin.deadline.signal,
    deadline,
    tally: origin.tally,
  };
}
