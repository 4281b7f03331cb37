import type { MediaAssetResolvers } from '../../generated/graphql.ts';
import type { Variant } from '../../storage/object-keys.ts';

export const mediaAsset: MediaAssetResolvers = {
  __resolveReference: ({ id }, { loaders }) => loaders.asset.load(id),
  owner: ({ ownerId }) => ({ id: ownerId }),
  url: (asset, { variant }, { links }) => links.picture(asset, variant.toLowerCase() as Variant),
  playback: (asset, _args, { links }) => links.playback(asset),
};
