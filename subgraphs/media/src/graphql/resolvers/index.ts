import { mediaAsset } from './media-asset.ts';
import { mutation } from './mutation.ts';
import { query } from './query.ts';

export const resolvers = { Query: query, Mutation: mutation, MediaAsset: mediaAsset };
