import { MediaService, Kind as RpcKind, State as RpcState } from '@nova/proto/nova/media/v1/media_service_pb.js';
import { rpcService } from '@nova/rpc';
import type { Asset, AssetKind, AssetState } from '../assets/asset.ts';
import { findAssets } from '../assets/asset-repository.ts';
import type { Deps } from '../deps.ts';

const kinds: Readonly<Record<AssetKind, RpcKind>> = {
  IMAGE: RpcKind.IMAGE,
  VIDEO: RpcKind.VIDEO,
  LIVE_STREAM: RpcKind.LIVE_STREAM,
};

const states: Readonly<Record<AssetState, RpcState>> = {
  WAITING: RpcState.WAITING,
  PROCESSING: RpcState.PROCESSING,
  READY: RpcState.READY,
  FAILED: RpcState.FAILED,
  LIVE: RpcState.LIVE,
  ENDED: RpcState.ENDED,
};

export function mediaService({ db }: Pick<Deps, 'db'>) {
  return rpcService(MediaService, {
    async getAssets({ ids }) {
      return { assets: (await findAssets(db, ids)).map(toMessage) };
    },
  });
}

/** Of a live stream type and size are empty. */
function toMessage({ id, ownerId, kind, state, contentType, bytes }: Asset) {
  return {
    id,
    ownerId,
    kind: kinds[kind],
    state: states[state],
    contentType: contentType ?? '',
    bytes: BigInt(bytes ?? 0),
  };
}
