import type { Tables } from '@nova/content/tables';
import { type InsertObject, sql, type Transaction } from 'kysely';
import type { Media } from './media.ts';
import type { Network } from './network.ts';
import type { WriteRows } from './write-rows.ts';

export async function seedContent(
  db: Transaction<Tables>,
  { network, media }: { network: Network; media: Media },
  write: WriteRows,
): Promise<void> {
  const into =
    <Table extends 'posts' | 'comments' | 'post_media'>(table: Table) =>
    (rows: InsertObject<Tables, Table>[]) =>
      db
        .insertInto(table)
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
  const posts = network.posts.map(({ id, authorId, body, createdAt }) => ({
    id,
    author_id: authorId,
    body,
    created_at: createdAt,
  }));
  const comments = network.comments.map(({ id, postId, authorId, body, createdAt }) => ({
    id,
    post_id: postId,
    author_id: authorId,
    body,
    created_at: createdAt,
  }));
  const shown = media.postMedia.map(({ postId, position, mediaId }) => ({
    post_id: postId,
    position,
    media_id: mediaId,
  }));
  await write('posts', posts, into('posts'));
  await write('pictures of posts', shown, into('post_media'));
  await write('comments', comments, into('comments'));
  await sql`analyze posts, post_media, comments`.execute(db);
}
