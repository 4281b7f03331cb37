import type { Connection, Edge } from '@nova/postgres';
import type { LikedPostConnectionResolvers, LikedPostEdgeResolvers } from '../../generated/graphql.ts';
import type { OwnLike } from '../../likes/like.ts';

export type LikedPostPage = Connection<OwnLike>;
export type LikedPostOnPage = Edge<OwnLike>;

export const likedPostConnection: LikedPostConnectionResolvers = {
  nodes: ({ nodes }) => nodes.map(({ id }) => ({ id })),
};

export const likedPostEdge: LikedPostEdgeResolvers = {
  likedAt: ({ node }) => node.likedAt,
  node: ({ node }) => ({ id: node.id }),
};
