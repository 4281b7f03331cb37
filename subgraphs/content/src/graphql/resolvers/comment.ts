import type { CommentResolvers } from '../../generated/graphql.ts';
import { postNotFound } from '../../posts/post.ts';

export const comment: CommentResolvers = {
  __resolveReference: ({ id }, { loaders }) => loaders.comment.load(id),
  author: ({ authorId }) => ({ id: authorId }),
  async post({ postId }, _args, { loaders }) {
    const found = await loaders.post.load(postId);
    if (!found) throw postNotFound(postId);
    return found;
  },
};
