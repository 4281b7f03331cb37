import type { Connection, Edge } from '@nova/postgres';
import type { LikeConnectionResolvers, LikeEdgeResolvers } from '../../generated/graphql.ts';
import type { Like } from '../../likes/like.ts';

export type LikePage = Connection<Like>;
export type LikeOnPage = Edge<Like>;

export const likeConnection: LikeConnectionResolvers = {
  nodes: ({ nodes }) => nodes.map(({ userId }) => ({ id: userId })),
};

export const likeEdge: LikeEdgeResolvers = {
  likedAt: ({ node }) => node.likedAt,
  node: ({ node }) => ({ id: node.userId }),
};
