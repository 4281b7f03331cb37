import { isUuid } from '@nova/postgres';
import { requireUser } from '@nova/subgraph';
import type { MutationResolvers, UnlikePostPayloadResolvers } from '../../generated/graphql.ts';
import { postNotFound } from '../../likes/like.ts';
import { type Pair, userNotFound } from '../../relations/relation.ts';
import type { Context } from '../context.ts';

/** Who may not see a post any more may still take back the like, and sees no more of the post by it. */
export const unlikePostPayload: UnlikePostPayloadResolvers = {
  // The like is taken back, whether the post can be read or not.
  post: ({ post }, _args, { loaders }) => (post ? loaders.visiblePosts.load(post.id).catch(() => null) : null),
};

export const mutation: MutationResolvers = {
  async followUser(_parent, { input }, context) {
    const pair = pairOf(input, context);
    await requireBoth(pair, context);
    await context.relations.follow(pair, context);
    return { user: { id: pair.otherId } };
  },
  async unfollowUser(_parent, { input }, context) {
    const pair = pairOf(input, context);
    await context.accounts.requireActive(pair.actorId, context);
    await context.relations.unfollow(pair, context);
    return { user: { id: pair.otherId } };
  },
  async blockUser(_parent, { input }, context) {
    const pair = pairOf(input, context);
    await requireBoth(pair, context);
    await context.relations.block(pair, context);
    return { user: { id: pair.otherId } };
  },
  async unblockUser(_parent, { input }, context) {
    const pair = pairOf(input, context);
    await context.accounts.requireActive(pair.actorId, context);
    await context.relations.unblock(pair, context);
    return { user: { id: pair.otherId } };
  },
  async likePost(_parent, { input }, context) {
    const { userId } = requireUser(context);
    const [post] = await Promise.all([
      context.posts.requireVisible(input.postId, userId, context),
      context.accounts.requireActive(userId, context),
    ]);
    await context.likes.like({ userId, post }, context);
    return { post: { id: post.id } };
  },
  async unlikePost(_parent, { input: { postId } }, context) {
    const { userId } = requireUser(context);
    if (!isUuid(postId)) throw postNotFound(postId);
    await context.accounts.requireActive(userId, context);
    await context.likes.unlike({ userId, postId }, context);
    return { post: { id: postId } };
  },
};

/** Throws UNAUTHENTICATED, and NOT_FOUND for what cannot be anybody's id. */
function pairOf({ userId: otherId }: { readonly userId: string }, context: Context): Pair {
  const { userId: actorId } = requireUser(context);
  if (!isUuid(otherId)) throw userNotFound(otherId);
  return { actorId, otherId };
}

/** In one call. Throws ACCOUNT_INACTIVE, and NOT_FOUND when the other account does not exist or is not active. */
async function requireBoth({ actorId, otherId }: Pair, context: Context): Promise<void> {
  const absent = await context.accounts.findAbsent({ viewerId: actorId, otherIds: [otherId] }, context);
  if (absent.length > 0) throw userNotFound(otherId);
}
