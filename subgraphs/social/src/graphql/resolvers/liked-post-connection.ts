import type { Connection, Edge } from '@nova/postgres';
import type { LikedPostConnectionResolvers, LikedPostEdgeResolvers } from '../../generated/graphql.ts';
import type { OwnLike } from '../../likes/like.ts';
import type { PostReference } from './post.ts';

export type LikedPostPage = Connection<OwnLike>;
export type LikedPostOnPage = Edge<OwnLike>;

export const likedPostConnection: LikedPostConnectionResolvers = {
  // The generated types know no promise of null. Each node is one of its own, so that one error leaves the page.
  nodes: ({ nodes }, _args, { loaders }) =>
    nodes.map(({ id }) => loaders.visiblePosts.load(id) as Promise<PostReference>),
};

export const likedPostEdge: LikedPostEdgeResolvers = {
  likedAt: ({ node }) => node.likedAt,
  postId: ({ node }) => node.id,
  node: ({ node }, _args, { loaders }) => loaders.visiblePosts.load(node.id),
};
