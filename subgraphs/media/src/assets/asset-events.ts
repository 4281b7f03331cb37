import { type AnyTransaction, append, type EventOrigin } from '@nova/outbox';
import { AssetDeletedSchema, AssetFailedSchema, AssetReadySchema } from '@nova/proto/nova/media/v1/media_events_pb.js';
import type { Asset, Failure } from './asset.ts';

/** Events of one asset, which is locked: the origin is what changed it. */
type AssetEvent = { readonly asset: Pick<Asset, 'id' | 'ownerId'>; readonly origin: EventOrigin };

export function appendAssetReady(tx: AnyTransaction, { asset, origin }: AssetEvent): Promise<void> {
  const message = { assetId: asset.id, ownerId: asset.ownerId };
  return append(tx, AssetReadySchema, { aggregateId: asset.id, message, origin });
}

export function appendAssetFailed(tx: AnyTransaction, event: AssetEvent & { failure: Failure }): Promise<void> {
  const { asset, failure, origin } = event;
  const message = { assetId: asset.id, ownerId: asset.ownerId, reason: failure };
  return append(tx, AssetFailedSchema, { aggregateId: asset.id, message, origin });
}

export function appendAssetDeleted(tx: AnyTransaction, event: AssetEvent & { deletedBy: string }): Promise<void> {
  const { asset, deletedBy, origin } = event;
  const message = { assetId: asset.id, ownerId: asset.ownerId, deletedBy };
  return append(tx, AssetDeletedSchema, { aggregateId: asset.id, message, origin });
}
