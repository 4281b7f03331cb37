import { sql, type Transaction } from 'kysely';
import { type Network, networkEnd, type Post } from './network.ts';
import type { Person } from './people.ts';
import { powerLaw } from './power-law.ts';
import { createRandom, type Random } from './random.ts';
import { uuidV7 } from './uuid-v7.ts';
import type { WriteRows } from './write-rows.ts';

export type Follow = {
  readonly id: string;
  readonly followerId: string;
  readonly followeeId: string;
  readonly createdAt: Date;
};
export type Like = { readonly id: string; readonly postId: string; readonly userId: string; readonly createdAt: Date };

/** What the defaults of social's FEED_PUSH_MAX_FOLLOWERS and FEED_LENGTH make of it. */
const feed = { pushMaxFollowers: 1_000, length: 800 };

/** How long a like takes, half of the time less. */
const typicalDelayMs = 3 * 3_600_000;

/** Who follows whom, oldest first: a few are followed by very many. The demo person follows enough to have a feed. */
export function generateFollows({ people }: Network): Follow[] {
  const random = createRandom(`follows of ${people.length}`);
  const drawPopular = powerLaw({ count: people.length, exponent: 0.9, flatness: 4, random });
  const most = Math.floor(people.length / 2);
  const follows = people.flatMap((follower, index) => {
    const wanted = Math.min(most, index === 0 ? 25 : 3 + random.below(20));
    const followees = new Set<Person>();
    while (followees.size < wanted) {
      const followee = people[drawPopular()] as Person;
      if (followee !== follower) followees.add(followee);
    }
    return [...followees].map((followee) => {
      const createdAt = between(later(follower.joinedAt, followee.joinedAt), random);
      return { id: uuidV7(createdAt, random), followerId: follower.id, followeeId: followee.id, createdAt };
    });
  });
  return follows.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** At most four times as many likes as posts, oldest first: a few posts get very many. */
export function generateLikes({ people, posts }: Network): Like[] {
  const random = createRandom(`likes of ${people.length}`);
  const drawPost = powerLaw({ count: posts.length, exponent: 0.8, flatness: 20, random });
  const drawPerson = powerLaw({ count: people.length, exponent: 0.6, flatness: 4, random });
  const likes = new Map<string, Like>();
  for (let drawn = 0; drawn < posts.length * 4; drawn++) {
    const [post, person] = [posts[drawPost()] as Post, people[drawPerson()] as Person];
    const soon = later(post.createdAt, person.joinedAt).getTime() - Math.log(1 - random.next()) * typicalDelayMs;
    const createdAt = soon < networkEnd.getTime() ? new Date(Math.floor(soon)) : between(post.createdAt, random);
    if (createdAt < person.joinedAt) continue;
    likes.set(`${post.id} ${person.id}`, {
      id: uuidV7(createdAt, random),
      postId: post.id,
      userId: person.id,
      createdAt,
    });
  }
  return [...likes.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function later(one: Date, other: Date): Date {
  return one > other ? one : other;
}

/** Some moment from then to the end of the network. */
export function between(from: Date, random: Random): Date {
  return new Date(from.getTime() + random.below(networkEnd.getTime() - from.getTime()));
}

export async function seedSocial(
  db: Transaction<unknown>,
  { network, follows, likes }: { network: Network; follows: readonly Follow[]; likes: readonly Like[] },
  write: WriteRows,
): Promise<void> {
  await write('follows', follows, (rows) => insertFollows(db, rows));
  await write('likes', likes, (rows) => insertLikes(db, rows));
  await deriveCountsAndFeeds(db, network.posts);
}

async function insertFollows(db: Transaction<unknown>, rows: readonly Follow[]): Promise<void> {
  await sql`
    insert into follows (id, follower_id, followee_id, created_at)
    select * from unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ followerId }) => followerId)}::uuid[],
      ${rows.map(({ followeeId }) => followeeId)}::uuid[], ${rows.map(({ createdAt }) => createdAt)}::timestamptz[])
    on conflict do nothing`.execute(db);
}

async function insertLikes(db: Transaction<unknown>, rows: readonly Like[]): Promise<void> {
  await sql`
    insert into likes (id, post_id, user_id, created_at)
    select * from unnest(${rows.map(({ id }) => id)}::uuid[], ${rows.map(({ postId }) => postId)}::uuid[],
      ${rows.map(({ userId }) => userId)}::uuid[], ${rows.map(({ createdAt }) => createdAt)}::timestamptz[])
    on conflict do nothing`.execute(db);
}

/** The seed has no events that would count what was inserted and fill the timelines: both are derived from the rows. */
async function deriveCountsAndFeeds(db: Transaction<unknown>, posts: readonly Post[]): Promise<void> {
  await sql`
    insert into members (user_id, followers, following)
    select user_id, sum(followers), sum(following) from (
      select followee_id, 1, 0 from follows union all select follower_id, 0, 1 from follows
    ) as ends (user_id, followers, following) group by user_id
    on conflict (user_id) do update set followers = excluded.followers, following = excluded.following`.execute(db);
  const written = sql`unnest(${posts.map(({ id }) => id)}::uuid[], ${posts.map(({ authorId }) => authorId)}::uuid[])`;
  await sql`
    insert into post_likes (post_id, author_id, likes)
    select post_id, author_id, count(*) from likes join ${written} as post (post_id, author_id) using (post_id)
    group by post_id, author_id
    on conflict (post_id) do update set likes = excluded.likes`.execute(db);
  await sql`
    insert into author_posts (author_id, post_id, pushed)
    select author_id, post_id, coalesce(followers, 0) <= ${feed.pushMaxFollowers}
    from (
      select *, row_number() over (partition by author_id order by post_id desc) as position
      from ${written} as post (post_id, author_id)
    ) as ranked left join members on user_id = author_id
    where position <= ${feed.length}
    on conflict do nothing`.execute(db);
  await sql`
    insert into timeline_entries (owner_id, post_id, author_id)
    select follower_id, post_id, author_id
    from (
      select follower_id, post_id, author_id, row_number() over (partition by follower_id order by post_id desc) as position
      from follows join author_posts on author_id = followee_id and pushed
    ) as ranked
    where position <= ${feed.length}
    on conflict do nothing`.execute(db);
  await sql`analyze follows, members, likes, post_likes, author_posts, timeline_entries`.execute(db);
}
