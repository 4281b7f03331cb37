import { metadataNames } from '@nova/runtime';
import { type ClientMiddleware, Metadata } from 'nice-grpc-common';
import { type CallTally, countOf } from './call-tally.ts';

export type TallyOptions = {
  /** Of the request that the call is made for. */
  tally: CallTally;
};

/** Counts a call and those that its server made for it, and tells the server how many it may make. Throws RPC_LIMIT_EXCEEDED. */
export const countCalls: ClientMiddleware<TallyOptions> = async function* countCalls(call, { tally, ...options }) {
  if (!tally) return yield* call.next(call.request, options);
  tally.take();
  const metadata = Metadata(options.metadata);
  if (Number.isFinite(tally.left)) metadata.set(metadataNames.rpcAllowance, String(tally.left));
  return yield* call.next(call.request, {
    ...options,
    metadata,
    onTrailer(trailer) {
      tally.add(countOf(trailer.get(metadataNames.rpcCalls)) ?? 0);
      options.onTrailer?.(trailer);
    },
  });
};
