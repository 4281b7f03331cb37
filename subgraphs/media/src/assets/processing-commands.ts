import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { endErasureIfDone } from '../erasures/erasure-commands.ts';
import { finishJob } from '../jobs/finish-job.ts';
import type { LeasedJob } from '../jobs/job.ts';
import { enqueueRemovals } from '../jobs/job-commands.ts';
import type { Outcome } from '../processing/outcome.ts';
import { type Asset, assetNotFound } from './asset.ts';
import { appendAssetFailed, appendAssetReady } from './asset-events.ts';
import { findAssetEver, lockAsset, markFailed, markReady } from './asset-repository.ts';

/** Jobs and what they mean for their assets: the job is gone in the transaction of its effect, or has none. */
export type ProcessingCommands = {
  /** The asset as it is now; it may be deleted. */
  find(job: LeasedJob): Promise<Asset>;
  /** Of a deleted asset the outcome is forgotten. Throws when the job is somebody else's by now. */
  finish(job: LeasedJob, outcome: Outcome): Promise<void>;
  /** What was there of the asset is gone for good. */
  finishRemoval(job: LeasedJob, asset: Asset): Promise<void>;
};

export function createProcessingCommands({ db }: { db: Kysely<Tables> }): ProcessingCommands {
  return {
    async find({ assetId }) {
      const asset = await findAssetEver(db, assetId);
      if (!asset) throw assetNotFound(assetId);
      return asset;
    },
    finish: (job, outcome) =>
      db.transaction().execute(async (tx) => {
        await finishJob(tx, job);
        const asset = await lockAsset(tx, job.assetId);
        if (asset?.state === 'PROCESSING') await settle(tx, asset, { job, outcome });
      }),
    finishRemoval: (job, { ownerId }) =>
      db.transaction().execute(async (tx) => {
        await finishJob(tx, job);
        await endErasureIfDone(tx, ownerId, job);
      }),
  };
}

async function settle(
  tx: Transaction<Tables>,
  asset: Asset,
  { job, outcome }: { job: LeasedJob; outcome: Outcome },
): Promise<void> {
  if ('made' in outcome) {
    await markReady(tx, asset.id, outcome.made);
    return appendAssetReady(tx, { asset, origin: job });
  }
  await markFailed(tx, asset.id, outcome.failure);
  await enqueueRemovals(tx, [asset.id], job);
  return appendAssetFailed(tx, { asset, failure: outcome.failure, origin: job });
}
