import type { Connection, Edge } from '@nova/postgres';
import type { BlockConnectionResolvers, BlockEdgeResolvers } from '../../generated/graphql.ts';
import type { OwnBlock } from '../../relations/relation.ts';

export type BlockPage = Connection<OwnBlock>;
export type BlockOnPage = Edge<OwnBlock>;

export const blockConnection: BlockConnectionResolvers = {
  nodes: ({ nodes }) => nodes.map(({ id }) => ({ id })),
};

export const blockEdge: BlockEdgeResolvers = {
  blockedAt: ({ node }) => node.blockedAt,
  node: ({ node }) => ({ id: node.id }),
};
