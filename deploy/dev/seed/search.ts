import { writePosts, writeUsers } from '@nova/search/documents';
import type { Tables } from '@nova/search/tables';
import { sql, type Transaction } from 'kysely';
import type { Post } from './network.ts';
import type { Person } from './people.ts';

/** The seed's people and posts have no events that would bring them to the index. */
export function insertFoundPeople(db: Transaction<Tables>, people: readonly Person[]): Promise<void> {
  const users = people.map(({ id, username, displayName, bio }) => ({ id, username, displayName, bio: bio ?? '' }));
  return writeUsers(db, users, { table: 'user_documents', existing: 'keep' });
}

export function insertFoundPosts(db: Transaction<Tables>, posts: readonly Post[]): Promise<void> {
  return writePosts(db, posts, { table: 'post_documents', existing: 'keep' });
}

export async function analyzeIndex(db: Transaction<Tables>): Promise<void> {
  await sql`analyze user_documents, post_documents`.execute(db);
}
