import type { EventOrigin } from '@nova/outbox';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { beginErasure } from '../erasures/erasure-commands.ts';
import { lockAssetsOf } from './asset-repository.ts';
import { deleteAssets } from './deletion.ts';

/** Deletes what a deleted post showed; only what its author owns, for a post may name anything. */
export async function deletePostMedia(
  tx: Transaction<Tables>,
  post: { authorId: string; deletedBy: string; mediaIds: readonly string[] },
  origin: EventOrigin,
): Promise<void> {
  if (post.mediaIds.length === 0) return;
  const assets = await lockAssetsOf(tx, post.authorId, post.mediaIds);
  await deleteAssets(tx, assets, { deletedBy: post.deletedBy, origin });
}

/** Deletes all that a person has here. */
export async function eraseOwner(tx: Transaction<Tables>, ownerId: string, origin: EventOrigin): Promise<void> {
  await deleteAssets(tx, await lockAssetsOf(tx, ownerId), { deletedBy: ownerId, origin });
  await beginErasure(tx, ownerId, origin);
}
