import type { ViewerCommentResolvers } from '../../generated/graphql.ts';

/** Without replies: who may not see the post may not see what others say under it either. */
export const viewerComment: ViewerCommentResolvers = {
  post: ({ postId }, _args, { loaders }) => loaders.post.load(postId),
  parent: ({ parentId }, _args, { loaders }) => (parentId === null ? null : loaders.comment.load(parentId)),
};
