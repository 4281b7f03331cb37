import { type Deadline, runWithin, startDeadline } from '@nova/resilience';
import { metadataNames } from '@nova/runtime';
import type { ServerMiddleware } from 'nice-grpc-common';
import { type CallTally, createCallTally } from './call-tally.ts';
import { callerTimeoutMs } from './caller-timeout.ts';

/** What a method may still use for its caller. */
export type CallLimits = {
  /** The caller's; its signal, which is the context's too, also aborts when the caller cancels the call. */
  readonly deadline: Deadline;
  readonly tally: CallTally;
};

/** Milliseconds that a method may take, whatever its caller says, and when the caller says nothing. */
const maxMethodMs = 30_000;
/** The same of one that streams its answer, for a caller who says so. */
const maxStreamMs = 60 * 60_000;

/** Runs a method within its caller's deadline, and tells the caller how many calls were made for its own. */
export const callLimitsMiddleware: ServerMiddleware<CallLimits> = async function* limitCall(call, context) {
  const longestMs = call.responseStream ? maxStreamMs : maxMethodMs;
  const timeoutMs = Math.min(callerTimeoutMs(context.metadata) ?? maxMethodMs, longestMs);
  const deadline = startDeadline(timeoutMs, context.signal);
  const tally = createCallTally(context.metadata.get(metadataNames.rpcAllowance));
  try {
    const limited = { ...context, signal: deadline.signal, deadline, tally };
    return yield* within(deadline, call.next(call.request, limited)) as ReturnType<typeof call.next>;
  } finally {
    deadline.clear();
    if (tally.made > 0) context.trailer.set(metadataNames.rpcCalls, String(tally.made));
  }
};

/** What a middleware returns and is given as its next step. */
type Steps = ReturnType<ServerMiddleware>;

/** A generator runs on behalf of whoever asks it for its next step. */
async function* within(deadline: Deadline, steps: Steps): Steps {
  try {
    for (;;) {
      const step = await runWithin(deadline, () => steps.next());
      if (step.done) return step.value;
      yield step.value;
    }
  } finally {
    await steps.return(undefined);
  }
}
