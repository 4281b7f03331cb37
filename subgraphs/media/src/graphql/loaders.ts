import { type Connection, type PageRequest, pageOf } from '@nova/postgres';
import { createLoader, type Loader } from '@nova/subgraph';
import type { Kysely } from 'kysely';
import { type Asset, isVisibleTo } from '../assets/asset.ts';
import { findAssets, listAssetsOf } from '../assets/asset-repository.ts';
import type { Tables } from '../db/tables.ts';

/** What resolvers read, made for one request; each loader sends one statement a batch. */
export type Loaders = {
  /** What the viewer may see; anything else is null. */
  readonly asset: Loader<string, Asset | null>;
  readonly assetsOf: (ownerId: string, page: PageRequest) => Promise<Connection<Asset>>;
};

export function createLoaders(db: Kysely<Tables>, viewerId: string | undefined): Loaders {
  return {
    asset: createLoader(async (ids) => {
      const visible = (await findAssets(db, ids)).filter((asset) => isVisibleTo(asset, viewerId));
      return new Map(visible.map((asset) => [asset.id, asset]));
    }),
    assetsOf: async (ownerId, page) => pageOf('asset', page, await listAssetsOf(db, ownerId, page)),
  };
}
