import type { CallCause } from '@nova/rpc';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { appendUserDataErased } from './document-events.ts';
import {
  deletePost,
  deletePostsOf,
  deleteUser,
  lockForWriting,
  noteChanges,
  rememberErased,
  writePosts,
  writeUsers,
} from './document-repository.ts';
import type { Sources } from './sources.ts';

/** Writes to the index in the transaction of an event; `cause` is that event. */
export type Indexing = {
  /** As its owner says now. `registeredAs`: the username of a new account whose profile its owner may not have yet. */
  indexUser(tx: Transaction<Tables>, user: { id: string; registeredAs?: string }, cause: CallCause): Promise<void>;
  indexPost(tx: Transaction<Tables>, post: PostOfAuthor, cause: CallCause): Promise<void>;
  removePost(tx: Transaction<Tables>, post: PostOfAuthor): Promise<void>;
  /** Forgets a person and what they posted, for good. */
  eraseUser(tx: Transaction<Tables>, userId: string, cause: CallCause): Promise<void>;
};

type PostOfAuthor = { readonly id: string; readonly authorId: string };

/** Events only tell that something changed: what is so now is asked after the lock, so that neither their order nor repetition matters. */
export function createIndexing(sources: Pick<Sources, 'user' | 'post'>): Indexing {
  return {
    async indexUser(tx, { id, registeredAs }, cause) {
      await lockForWriting(tx, id);
      const told = await sources.user(id, cause);
      await noteChanges(tx, 'user', [id]);
      if (told.kind === 'public')
        return writeUsers(tx, [told.document], { table: 'user_documents', existing: 'replace' });
      if (told.kind === 'hidden' || registeredAs === undefined) return deleteUser(tx, id);
      const asRegistered = { id, username: registeredAs, displayName: registeredAs, bio: '' };
      await writeUsers(tx, [asRegistered], { table: 'user_documents', existing: 'keep' });
    },
    async indexPost(tx, { id, authorId }, cause) {
      await lockForWriting(tx, authorId);
      const told = await sources.post(id, cause);
      await noteChanges(tx, 'post', [id]);
      if (told.kind !== 'public') return deletePost(tx, id);
      await writePosts(tx, [told.document], { table: 'post_documents', existing: 'replace' });
    },
    async removePost(tx, { id, authorId }) {
      await lockForWriting(tx, authorId);
      await noteChanges(tx, 'post', [id]);
      await deletePost(tx, id);
    },
    async eraseUser(tx, userId, cause) {
      await lockForWriting(tx, userId);
      await rememberErased(tx, userId);
      await deleteUser(tx, userId);
      const postIds = await deletePostsOf(tx, userId);
      await noteChanges(tx, 'user', [userId]);
      await noteChanges(tx, 'post', postIds);
      await appendUserDataErased(tx, userId, cause);
    },
  };
}
