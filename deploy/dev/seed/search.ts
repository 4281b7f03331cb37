import { writePosts, writeUsers } from '@nova/search/documents';
import type { Tables } from '@nova/search/tables';
import { sql, type Transaction } from 'kysely';
import type { Network } from './network.ts';
import type { WriteRows } from './write-rows.ts';

/** The seed's people and posts have no events that would bring them to the index. */
export async function seedSearch(db: Transaction<Tables>, { people, posts }: Network, write: WriteRows): Promise<void> {
  const users = people.map(({ id, username, displayName, bio }) => ({ id, username, displayName, bio: bio ?? '' }));
  await write('people to be found', users, (rows) =>
    writeUsers(db, rows, { table: 'user_documents', existing: 'keep' }),
  );
  await write('posts to be found', posts, (rows) =>
    writePosts(db, rows, { table: 'post_documents', existing: 'keep' }),
  );
  await sql`analyze user_documents, post_documents`.execute(db);
}
