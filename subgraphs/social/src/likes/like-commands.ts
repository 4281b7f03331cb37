import { type Idempotent, once } from '@nova/idempotency';
import type { EventOrigin } from '@nova/outbox';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { LikedPost } from './like.ts';
import { appendPostLiked, appendPostUnliked } from './like-events.ts';
import { countLike, deleteLike, insertLike, uncountLikes } from './like-repository.ts';

/** The request a command is run for. */
type Origin = EventOrigin & Idempotent;

/** What is so already stays so, without an event. */
export type LikeCommands = {
  /** Likes a post that the user may see. Throws FORBIDDEN when the user or the author blocks the other. */
  like(input: { userId: string; post: LikedPost }, origin: Origin): Promise<void>;
  unlike(input: { userId: string; postId: string }, origin: Origin): Promise<void>;
};

type Effect = (tx: Transaction<Tables>) => Promise<void>;

export function createLikeCommands(deps: {
  db: Kysely<Tables>;
  lockActor: (tx: Transaction<Tables>, userId: string) => Promise<void>;
  requireReach: (tx: Transaction<Tables>, pair: { actorId: string; otherId: string }) => Promise<void>;
  purgeCounts: (postIds: readonly string[]) => Promise<void>;
}): LikeCommands {
  const { db, lockActor, requireReach, purgeCounts } = deps;
  const run = ({ postId, origin }: { postId: string; origin: Origin }, effect: Effect): Promise<void> => {
    const done = db.transaction().execute((tx) =>
      once(tx, origin.idempotency, {
        effect: () => effect(tx),
        // A key that names nothing can be kept when its post is deleted.
        idOf: () => 'done',
        earlier: async () => undefined,
      }),
    );
    // Whatever came of it: a commit whose answer was lost is one.
    return done.finally(() => purgeCounts([postId]));
  };
  return {
    like: ({ userId, post }, origin) =>
      run({ postId: post.id, origin }, async (tx) => {
        await lockActor(tx, userId);
        if (post.authorId !== userId) await requireReach(tx, { actorId: userId, otherId: post.authorId });
        const likedAt = await insertLike(tx, { postId: post.id, userId });
        if (!likedAt) return;
        await countLike(tx, post);
        await appendPostLiked(tx, { userId, post, likedAt, origin });
      }),
    unlike: ({ userId, postId }, origin) =>
      run({ postId, origin }, async (tx) => {
        await lockActor(tx, userId);
        if (await deleteLike(tx, { postId, userId })) await endLikes(tx, { userId, postIds: [postId] }, origin);
      }),
  };
}

/** Counts likes of a user, who is locked, as ended. */
export async function endLikes(
  tx: Transaction<Tables>,
  { userId, postIds }: { readonly userId: string; readonly postIds: readonly string[] },
  origin: EventOrigin,
): Promise<void> {
  const posts = await uncountLikes(tx, postIds);
  for (const post of posts) await appendPostUnliked(tx, { userId, post, origin });
}
