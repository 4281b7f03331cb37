import type { TestDatabase } from '@nova/testkit';
import pg from 'pg';

/**
 * Gives somebody fifty conversations with others, fifty messages in one of them, and fifty notifications and pictures: more than
 * the seed has for anybody. The others are seeded people, the notifications are about the posts. Everybody has a face and every post
 * a picture then, so that pages of any length have some. Returns the id of that one conversation.
 */
export async function fillLists(
  database: TestDatabase,
  { userId, others, postIds }: { userId: string; others: readonly string[]; postIds: readonly string[] },
): Promise<string> {
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  try {
    const { rows } = await admin.query<{ id: string }>(
      `with made as (insert into communication.conversations select from generate_series(1, 50) returning id),
       numbered as (select id, row_number() over () as number from made),
       taking_part as (
         insert into communication.participants (conversation_id, user_id)
         select id, unnest(array[$1, ($2::uuid[])[number]]) from numbered),
       said as (insert into communication.messages (conversation_id, sender_id, payload)
         select id, ($2::uuid[])[number], '\\x01' from numbered)
       select id from numbered where number = 1`,
      [userId, others.slice(0, 50)],
    );
    const [{ id = '' } = {}] = rows;
    await admin.query(
      `insert into communication.messages (conversation_id, sender_id, payload)
       select $1::uuid, $2::uuid, '\\x01' from generate_series(1, 50)`,
      [id, others[0]],
    );
    await admin.query(
      `with told as (
         insert into communication.notifications (id, user_id, kind, post_id)
         select uuidv7(), $1, 'MENTION', post_id from unnest($2::uuid[]) as post_id returning id)
       insert into communication.notification_actors (notification_id, actor_id)
       select id, ($3::uuid[])[row_number() over ()] from told`,
      [userId, postIds.slice(0, 50), others.slice(0, 50)],
    );
    await admin.query(
      `insert into media.assets (owner_id, kind, state, content_type, bytes, width, height, upload_expires_at, admitted_at)
       select $1, 'IMAGE', 'READY', 'image/png', 100, 10, 10, now(), now() from generate_series(1, 50)`,
      [userId],
    );
    await admin.query(`
      with picture as (select id from media.assets order by id limit 1),
      faces as (update "user".profiles set avatar_id = picture.id from picture where avatar_id is null)
      insert into content.post_media (post_id, position, media_id)
      select posts.id, 0, picture.id from content.posts, picture on conflict do nothing`);
    return id;
  } finally {
    await admin.end();
  }
}
