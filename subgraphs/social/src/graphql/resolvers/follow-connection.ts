import type { Connection, Edge } from '@nova/postgres';
import type { FollowConnectionResolvers, FollowEdgeResolvers } from '../../generated/graphql.ts';
import type { Follow } from '../../relations/relation.ts';

export type FollowPage = Connection<Follow>;
export type FollowOnPage = Edge<Follow>;

export const followConnection: FollowConnectionResolvers = {
  nodes: ({ nodes }) => nodes.map(({ userId }) => ({ id: userId })),
};

export const followEdge: FollowEdgeResolvers = {
  followedAt: ({ node }) => node.followedAt,
  node: ({ node }) => ({ id: node.userId }),
};
