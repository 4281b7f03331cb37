import type { EventOrigin } from '@nova/outbox';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { JobKind } from './job.ts';
import { hasJobsOf, insertJobs, makeDue } from './job-repository.ts';

/** To be done when the transaction commits. */
export function enqueueJob(
  tx: Transaction<Tables>,
  { assetId, kind, origin }: { assetId: string; kind: JobKind; origin: EventOrigin },
): Promise<void> {
  return insertJobs(tx, { assetIds: [assetId], kind, origin });
}

/** Removes the objects of assets once nothing works on them any more, and gives the room back that they took. */
export async function enqueueRemovals(
  tx: Transaction<Tables>,
  assetIds: readonly string[],
  origin: EventOrigin,
): Promise<void> {
  await insertJobs(tx, { assetIds, kind: 'REMOVAL', origin });
  await makeDue(tx, assetIds);
}

/** Whether anything is left to do for an owner's assets. */
export const hasWorkFor: (tx: Transaction<Tables>, ownerId: string) => Promise<boolean> = hasJobsOf;
