import { pageRequest } from '@nova/postgres';
import { keepOnlyFor } from '@nova/subgraph';
import type { CommentResolvers } from '../../generated/graphql.ts';
import { postNotFound } from '../../posts/post.ts';

export const comment: CommentResolvers = {
  __resolveReference({ id }, context, info) {
    keepOnlyFor(context, info);
    return context.loaders.comment.load(id);
  },
  author: ({ authorId }) => ({ id: authorId }),
  async post({ postId }, _args, { loaders }) {
    const found = await loaders.post.load(postId);
    if (!found) throw postNotFound(postId);
    return found;
  },
  parent: ({ parentId }, _args, { loaders }) => (parentId === null ? null : loaders.comment.load(parentId)),
  replyCount: async ({ id }, _args, { loaders }) => (await loaders.replyCount.load(id)) ?? 0,
  replies: ({ id }, args, { loaders }) => loaders.repliesOfComment.load(id, pageRequest('comment', args)),
};
