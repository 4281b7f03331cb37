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

/** Ids of the active accounts that a text mentions, each once. One call a username, all at the same time: identity has no other. */
async function mentionedIn(body: string, context: Context): Promise<string[]> {
  const found = await Promise.all(
    mentionsIn(body).map((username) => context.accounts.findActiveByUsername(username, context)),
  );
  return [...new Set(found.flatMap((account) => account?.id ?? []))];
}
