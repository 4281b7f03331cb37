import { type Idempotent, once } from '@nova/idempotency';
import type { EventOrigin } from '@nova/outbox';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import {
  type Actor,
  type Comment,
  commentBody,
  commentNotFound,
  requireCommentDeletion,
  requireRoomBelow,
} from './comment.ts';
import { appendCommentAdded, appendCommentDeleted } from './comment-events.ts';
import {
  findComments,
  findParent,
  findPostOfComment,
  insertComment,
  lockComment,
  markCommentDeleted,
  markCommentsOfPostDeleted,
  raiseReplies,
} from './comment-repository.ts';

/** The request a command is run for. */
type Origin = EventOrigin & Idempotent;

export type NewComment = Pick<Comment, 'postId' | 'parentId' | 'authorId' | 'body'>;

export type CommentCommands = {
  /** Throws BAD_USER_INPUT for a body that is empty or too long, or a reply that is too deep; NOT_FOUND without the post or the parent. */
  add(input: NewComment, origin: Origin): Promise<Comment>;
  /** Replies stay and answer what it answered. Throws NOT_FOUND, or FORBIDDEN for another's comment without the permission for that. */
  delete(input: { id: string; actor: Actor }, origin: Origin): Promise<void>;
};

type Deps = {
  readonly db: Kysely<Tables>;
  readonly requirePost: (tx: Transaction<Tables>, postId: string) => Promise<{ readonly authorId: string }>;
};

export function createCommentCommands(deps: Deps): CommentCommands {
  return {
    add({ body, ...input }, origin) {
      const accepted = commentBody(body);
      return deps.db.transaction().execute((tx) =>
        once(tx, origin.idempotency, {
          effect: () => addComment(tx, { ...input, body: accepted }, { ...deps, origin }),
          idOf: (comment) => comment.id,
          async earlier(id) {
            const [comment] = await findComments(tx, [id]);
            if (!comment) throw commentNotFound(id);
            return comment;
          },
        }),
      );
    },
    delete({ id, actor }, origin) {
      return deps.db.transaction().execute((tx) =>
        once(tx, origin.idempotency, {
          async effect() {
            const postId = await findPostOfComment(tx, id);
            if (!postId) throw commentNotFound(id);
            await deps.requirePost(tx, postId);
            const comment = await lockComment(tx, id);
            if (!comment) throw commentNotFound(id);
            requireCommentDeletion(comment, actor);
            await raiseReplies(tx, comment);
            await markCommentDeleted(tx, id, actor.userId);
            await appendCommentDeleted(tx, { comment, deletedBy: actor.userId, origin });
          },
          idOf: () => id,
          // Deleted it stays.
          earlier: async () => undefined,
        }),
      );
    },
  };
}

async function addComment(
  tx: Transaction<Tables>,
  input: NewComment,
  { requirePost, origin }: Deps & { readonly origin: EventOrigin },
): Promise<Comment> {
  const { postId, parentId } = input;
  const post = await requirePost(tx, postId);
  const parent = parentId === null ? undefined : await requireParent(tx, { id: parentId, postId });
  const comment = await insertComment(tx, input);
  await appendCommentAdded(tx, { comment, postAuthorId: post.authorId, parentAuthorId: parent?.authorId, origin });
  return comment;
}

/** Whom a reply answers. The post is locked, so that the parent stays where it is. */
async function requireParent(tx: Transaction<Tables>, parent: { id: string; postId: string }) {
  const found = await findParent(tx, parent);
  if (!found) throw commentNotFound(parent.id);
  requireRoomBelow(found.depth);
  return found;
}

/** What deleting a post does to its comments, inside the same transaction. */
export function deleteCommentsOfPost(tx: Transaction<Tables>, postId: string, deletedBy: string): Promise<void> {
  return markCommentsOfPostDeleted(tx, postId, deletedBy);
}
