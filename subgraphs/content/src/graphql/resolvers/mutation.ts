import { requireUser } from '@nova/subgraph';
import type { MutationResolvers } from '../../generated/graphql.ts';

export const mutation: MutationResolvers = {
  async createPost(_parent, { input }, context) {
    const { userId } = requireUser(context);
    await context.accounts.requireActive(userId, context);
    return { post: await context.posts.create({ authorId: userId, body: input.body }, context) };
  },
  async deletePost(_parent, { input }, context) {
    await context.posts.delete({ id: input.id, actor: requireUser(context) }, context);
    return { deletedPostId: input.id };
  },
  async addComment(_parent, { input }, context) {
    const { userId } = requireUser(context);
    await context.accounts.requireActive(userId, context);
    const { postId, body } = input;
    const comment = await context.comments.add({ postId, authorId: userId, body }, context);
    return { comment };
  },
  async deleteComment(_parent, { input }, context) {
    await context.comments.delete({ id: input.id, actor: requireUser(context) }, context);
    return { deletedCommentId: input.id };
  },
};
