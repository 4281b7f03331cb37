import type { EventOrigin } from '@nova/outbox';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { enqueueRemovals } from '../jobs/job-commands.ts';
import type { Asset } from './asset.ts';
import { appendAssetDeleted } from './asset-events.ts';
import { markDeleted } from './asset-repository.ts';
import { deleteStreamKeys } from './live-stream-repository.ts';

/** Deletes assets that are locked: they are gone for readers at once, their objects and their room in the quota soon. */
export async function deleteAssets(
  tx: Transaction<Tables>,
  assets: readonly Asset[],
  { deletedBy, origin }: { deletedBy: string; origin: EventOrigin },
): Promise<void> {
  if (assets.length === 0) return;
  const ids = assets.map(({ id }) => id);
  await markDeleted(tx, ids, deletedBy);
  await deleteStreamKeys(tx, ids);
  await enqueueRemovals(tx, ids, origin);
  for (const asset of assets) {
    // Of an upload that was never admitted nobody has heard.
    if (asset.isAdmitted) await appendAssetDeleted(tx, { asset, deletedBy, origin });
  }
}
