import { requireUser } from '@nova/subgraph';
import type { MutationResolvers } from '../../generated/graphql.ts';
import { mentionsIn, postBody, postMedia } from '../../posts/post.ts';
import type { Context } from '../context.ts';

export const mutation: MutationResolvers = {
  async createPost(_parent, { input }, context) {
    const { userId } = requireUser(context);
    const mediaIds = postMedia(input.mediaIds ?? []);
    const body = postBody(input.body);
    await context.accounts.requireActive(userId, context);
    const [mentionedUserIds] = await Promise.all([
      mentionedIn(body, context),
      context.media.requireOwn(mediaIds, userId, context),
    ]);
    const visibility = input.visibility ?? 'PUBLIC';
    const newPost = { authorId: userId, body, visibility, mediaIds, mentionedUserIds };
    return { post: await context.posts.create(newPost, context) };
  },
  async editPost(_parent, { input }, context) {
    const { userId } = requireUser(context);
    const body = postBody(input.body);
    await context.accounts.requireActive(userId, context);
    const mentionedUserIds = await mentionedIn(body, context);
    return { post: await context.posts.edit({ id: input.id, userId, body, mentionedUserIds }, context) };
  },
  async deletePost(_parent, { input }, context) {
    await context.posts.delete({ id: input.id, actor: requireUser(context) }, context);
    return { deletedPostId: input.id };
  },
  async addComment(_parent, { input }, context) {
    const { userId } = requireUser(context);
    await context.accounts.requireActive(userId, context);
    const { postId, body } = input;
    const parentId = input.parentId ?? null;
    await context.requireVisible({ postId, parentId });
    const comment = await context.comments.add({ postId, parentId, authorId: userId, body }, context);
    return { comment };
  },
  async deleteComment(_parent, { input }, context) {
    await context.comments.delete({ id: input.id, actor: requireUser(context) }, context);
    return { deletedCommentId: input.id };
  },
};

function mentionedIn(body: string, context: Context): Promise<string[]> {
  return context.accounts.idsOf(mentionsIn(body), context);
}
