import { type Idempotent, once } from '@nova/idempotency';
import type { EventOrigin } from '@nova/outbox';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { type Actor, type Post, postBody, postNotFound, requirePostDeletion } from './post.ts';
import { appendPostCreated, appendPostDeleted } from './post-events.ts';
import { findPosts, insertPost, lockPost, markPostDeleted } from './post-repository.ts';

/** The request a command is run for. */
type Origin = EventOrigin & Idempotent;

export type PostCommands = {
  /** Throws BAD_USER_INPUT for a body that is empty or too long. */
  create(input: { authorId: string; body: string }, origin: Origin): Promise<Post>;
  /** Deletes a post and the comments under it. Throws NOT_FOUND, or FORBIDDEN for another's post without the permission. */
  delete(input: { id: string; actor: Actor }, origin: Origin): Promise<void>;
};

export function createPostCommands(deps: {
  db: Kysely<Tables>;
  deleteCommentsOfPost: (tx: Transaction<Tables>, postId: string, deletedBy: string) => Promise<void>;
}): PostCommands {
  return {
    create({ authorId, body }, origin) {
      const accepted = postBody(body);
      return deps.db.transaction().execute((tx) =>
        once(tx, origin.idempotency, {
          async effect() {
            const post = await insertPost(tx, { authorId, body: accepted });
            await appendPostCreated(tx, { post, origin });
            return post;
          },
          idOf: (post) => post.id,
          async earlier(id) {
            const [post] = await findPosts(tx, [id]);
            if (!post) throw postNotFound(id);
            return post;
          },
        }),
      );
    },
    delete({ id, actor }, origin) {
      return deps.db.transaction().execute((tx) =>
        once(tx, origin.idempotency, {
          async effect() {
            const post = await requirePost(tx, id);
            requirePostDeletion(post, actor);
            await deps.deleteCommentsOfPost(tx, id, actor.userId);
            await markPostDeleted(tx, id, actor.userId);
            await appendPostDeleted(tx, { post, deletedBy: actor.userId, origin });
          },
          idOf: () => id,
          // Deleted it stays.
          earlier: async () => undefined,
        }),
      );
    },
  };
}

/** The post, locked until the transaction ends. Throws NOT_FOUND. */
export async function requirePost(tx: Transaction<Tables>, id: string): Promise<Post> {
  const post = await lockPost(tx, id);
  if (!post) throw postNotFound(id);
  return post;
}
