import { isAppError } from '@nova/errors';
import type { EventOrigin } from '@nova/outbox';
import type { ProcessingCommands } from '../assets/processing-commands.ts';
import type { LeasedJob } from '../jobs/job.ts';
import type { JobHandler } from '../jobs/job-worker.ts';
import { assetPrefix } from '../storage/object-keys.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Outcome } from './outcome.ts';
import { type ProcessingOptions, processUpload } from './process-upload.ts';

export type JobHandlerDeps = {
  readonly assets: ProcessingCommands;
  readonly store: ObjectStore;
  readonly releaseQuota: (
    room: { userId: string; assetId: string },
    cause: EventOrigin & { readonly signal: AbortSignal },
  ) => Promise<void>;
  readonly options: ProcessingOptions;
};

/** Tries of an upload that fails for reasons of its own, or takes the process down with it. */
const maxAttempts = 5;
/** A link that expires now may be in use for a moment longer. */
const afterExpiryMs = 1_000;

/** What a process does with its jobs. */
export function createJobHandlers(deps: JobHandlerDeps): { readonly make: JobHandler; readonly remove: JobHandler } {
  const { assets, store, releaseQuota, options } = deps;
  return {
    async make(job, signal) {
      const asset = await assets.find(job);
      const work = () => processUpload(asset, { ...options, store, signal });
      await assets.finish(job, asset.isDeleted ? forgotten : await outcomeOf({ job, signal }, work));
      return undefined;
    },
    async remove(job, signal) {
      const asset = await assets.find(job);
      await store.removeAll(assetPrefix(asset.id), signal);
      if (asset.bytes !== null) {
        const { correlationId, traceparent } = job;
        await releaseQuota({ userId: asset.ownerId, assetId: asset.id }, { correlationId, traceparent, signal });
      }
      // Until then its owner's link can put the object there again.
      const leftMs = (asset.uploadExpiresAt?.getTime() ?? 0) - Date.now();
      if (leftMs > 0) return { againMs: leftMs + afterExpiryMs };
      await assets.finishRemoval(job, asset);
      return undefined;
    },
  };
}

/** Of a deleted asset no outcome is kept. */
const forgotten: Outcome = { failure: 'PROCESSING_FAILED' };

/** What is away is waited for; anything else is tried so many times. */
async function outcomeOf(
  { job, signal }: { job: LeasedJob; signal: AbortSignal },
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  if (job.attempts > maxAttempts) return { failure: 'PROCESSING_FAILED' };
  try {
    return await work();
  } catch (error) {
    const isAway = isAppError(error) && error.facts.kind === 'unavailable';
    if (isAway || isInterrupted(signal) || job.attempts < maxAttempts) throw error;
    return { failure: 'PROCESSING_FAILED' };
  }
}

/** By whoever stopped the process or took the job; not because the job took too long. */
function isInterrupted({ aborted, reason }: AbortSignal): boolean {
  return aborted && !(isAppError(reason) && reason.code === 'DEADLINE_EXCEEDED');
}
