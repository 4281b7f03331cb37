import { PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Feeds, startFeeds } from './_feeds.ts';
import type { Person } from './_social.ts';

let feeds: Feeds;
beforeAll(async () => {
  feeds = await startFeeds();
});
afterAll(() => feeds?.stop());

/** The tables of social that have a text anywhere. */
async function tablesWith(text: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'social'`.execute(feeds.db);
  const found: string[] = [];
  for (const { name } of rows) {
    const match =
      await sql`select 1 from ${sql.table(name)} as row where row::text like ${`%${text}%`} limit 1`.execute(feeds.db);
    if (match.rows.length > 0) found.push(name);
  }
  return found;
}

test('of who is erased nothing is left, and what others counted with them is right', async () => {
  const [gone, friend, fan, enemy] = (await Promise.all([1, 2, 3, 4].map(() => feeds.person()))) as [
    Person,
    Person,
    Person,
    Person,
  ];
  const { rows } = await sql<{ id: string }>`select uuidv7()::text as id from generate_series(1, 2)`.execute(feeds.db);
  const [ofGone, ofFriend] = rows.map(({ id }) => id) as [string, string];
  await feeds.announce(PostCreatedSchema, ofGone, { postId: ofGone, authorId: gone.id });
  await feeds.announce(PostCreatedSchema, ofFriend, { postId: ofFriend, authorId: friend.id });
  await feeds.relate(gone, 'follow', friend.id);
  await feeds.relate(friend, 'follow', gone.id);
  await feeds.relate(fan, 'follow', gone.id);
  await feeds.relate(fan, 'follow', friend.id);
  await feeds.relate(gone, 'block', enemy.id);
  await feeds.relate(enemy, 'block', gone.id);
  const [likedByGone, likedOfGone] = [feeds.content.post(friend), feeds.content.post(gone)];
  for (const post of [likedByGone, likedOfGone])
    for (const who of [gone, fan]) expect(await feeds.react(who, 'like', post)).toEqual([]);
  await feeds.settled();
  expect((await tablesWith(gone.id)).toSorted()).toEqual(
    ['author_posts', 'blocks', 'follows', 'likes', 'members', 'post_likes', 'timeline_entries'].toSorted(),
  );

  for (let time = 0; time < 2; time += 1) {
    await feeds.announce(ErasureRequestedSchema, gone.id, { userId: gone.id });
    await feeds.settled();
  }
  expect(await tablesWith(gone.id)).toEqual([]);
  expect(await tablesWith(likedOfGone)).toEqual([]);
  const members = await feeds.db
    .selectFrom('members')
    .selectAll()
    .where('user_id', 'in', [friend.id, fan.id])
    .execute();
  expect(new Map(members.map(({ user_id, ...counts }) => [user_id, counts]))).toEqual(
    new Map([
      [friend.id, { followers: 1, following: 0 }],
      [fan.id, { followers: 0, following: 1 }],
    ]),
  );
  const likes = await feeds.db.selectFrom('post_likes').select(['post_id', 'likes']).execute();
  expect(likes).toEqual([{ post_id: likedByGone, likes: 1 }]);
  expect(await feeds.feed(fan)).toEqual([ofFriend]);
  expect(await feeds.published(gone.id)).toEqual([
    'user_followed',
    'user_blocked',
    'post_liked',
    'post_liked',
    'post_unliked',
    'user_unfollowed',
    'user_data_erased',
    'user_data_erased',
  ]);
  expect(await feeds.published(friend.id)).toEqual(['user_followed', 'user_unfollowed']);
});
