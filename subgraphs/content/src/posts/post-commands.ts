import { type Idempotent, once } from '@nova/idempotency';
import type { EventOrigin } from '@nova/outbox';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { insertEdit } from './edit-repository.ts';
import { deleteHashtags, deleteLinks, insertLinks, insertMedia, mediaOfPosts } from './link-repository.ts';
import {
  type Actor,
  hashtagsIn,
  type Post,
  postBody,
  postMedia,
  postNotFound,
  requireAuthorship,
  requirePostDeletion,
} from './post.ts';
import { appendPostCreated, appendPostDeleted, appendPostEdited } from './post-events.ts';
import { findPosts, insertPost, lockPost, markPostDeleted, rewritePost } from './post-repository.ts';

/** The request a command is run for. */
type Origin = EventOrigin & Idempotent;

/** A post as its author wants it. Who is mentioned and what is shown was looked up before. */
export type NewPost = Pick<Post, 'authorId' | 'body' | 'visibility'> & {
  readonly mediaIds: readonly string[];
  readonly mentionedUserIds: readonly string[];
};

export type PostEditing = {
  readonly id: string;
  readonly userId: string;
  readonly body: string;
  readonly mentionedUserIds: readonly string[];
};

export type PostCommands = {
  /** Throws BAD_USER_INPUT for a body that is empty or too long, or too many hashtags or media. */
  create(input: NewPost, origin: Origin): Promise<Post>;
  /** Keeps the earlier body; the same body changes nothing. Throws BAD_USER_INPUT, NOT_FOUND, or FORBIDDEN for another's post. */
  edit(input: PostEditing, origin: Origin): Promise<Post>;
  /** Deletes a post and the comments under it. Throws NOT_FOUND, or FORBIDDEN for another's post without the permission. */
  delete(input: { id: string; actor: Actor }, origin: Origin): Promise<void>;
};

type Deps = {
  readonly db: Kysely<Tables>;
  readonly deleteCommentsOfPost: (tx: Transaction<Tables>, postId: string, deletedBy: string) => Promise<void>;
  readonly purgePosts: (ids: readonly string[]) => Promise<void>;
};

export function createPostCommands(deps: Deps): PostCommands {
  return {
    create: (input, origin) => createPost(deps, input, origin),
    // Whatever came of it: a commit whose answer was lost is one.
    edit: (input, origin) => editPost(deps, input, origin).finally(() => deps.purgePosts([input.id])),
    delete({ id, actor }, origin) {
      const deleted = deps.db.transaction().execute((tx) =>
        once(tx, origin.idempotency, {
          async effect() {
            const post = await requirePost(tx, id);
            requirePostDeletion(post, actor);
            await deps.deleteCommentsOfPost(tx, id, actor.userId);
            await markPostDeleted(tx, id, actor.userId);
            await deleteHashtags(tx, id);
            const mediaIds = (await mediaOfPosts(tx, [id])).get(id) ?? [];
            await appendPostDeleted(tx, { post, mediaIds, deletedBy: actor.userId, origin });
          },
          idOf: () => id,
          // Deleted it stays.
          earlier: async () => undefined,
        }),
      );
      return deleted.finally(() => deps.purgePosts([id]));
    },
  };
}

function createPost({ db }: Deps, input: NewPost, origin: Origin): Promise<Post> {
  const { mentionedUserIds } = input;
  const body = postBody(input.body);
  const hashtags = hashtagsIn(body);
  const mediaIds = postMedia(input.mediaIds);
  return db.transaction().execute((tx) =>
    once(tx, origin.idempotency, {
      async effect() {
        const post = await insertPost(tx, { ...input, body });
        await insertLinks(tx, post.id, { hashtags, mentionedUserIds });
        await insertMedia(tx, post.id, mediaIds);
        await appendPostCreated(tx, { post, mediaIds, mentionedUserIds, origin });
        return post;
      },
      idOf: (post) => post.id,
      earlier: (id) => earlierPost(tx, id),
    }),
  );
}

function editPost({ db }: Deps, { id, userId, mentionedUserIds, ...input }: PostEditing, origin: Origin) {
  const body = postBody(input.body);
  const hashtags = hashtagsIn(body);
  return db.transaction().execute((tx) =>
    once(tx, origin.idempotency, {
      async effect() {
        const post = await requirePost(tx, id);
        requireAuthorship(post, userId);
        if (post.body === body) return post;
        await insertEdit(tx, { postId: id, body: post.body });
        const edited = await rewritePost(tx, id, body);
        await deleteLinks(tx, id);
        await insertLinks(tx, id, { hashtags, mentionedUserIds });
        await appendPostEdited(tx, { post, editedAt: edited.editedAt as Date, origin });
        return edited;
      },
      idOf: (post) => post.id,
      earlier: (earlierId) => earlierPost(tx, earlierId),
    }),
  );
}

async function earlierPost(tx: Transaction<Tables>, id: string): Promise<Post> {
  const [post] = await findPosts(tx, [id]);
  if (!post) throw postNotFound(id);
  return post;
}

/** The post, locked until the transaction ends. Throws NOT_FOUND. */
export async function requirePost(tx: Transaction<Tables>, id: string): Promise<Post> {
  const post = await lockPost(tx, id);
  if (!post) throw postNotFound(id);
  return post;
}
