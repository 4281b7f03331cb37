import { pageRequest } from '@nova/postgres';
import type { PostResolvers } from '../../generated/graphql.ts';

export const post: PostResolvers = {
  __resolveReference: ({ id }, { loaders }) => loaders.post.load(id),
  author: ({ authorId }) => ({ id: authorId }),
  commentCount: async ({ id }, _args, { loaders }) => (await loaders.commentCount.load(id)) ?? 0,
  comments: ({ id }, args, { loaders }) => loaders.commentsOfPost.load(id, pageRequest('comment', args)),
};
