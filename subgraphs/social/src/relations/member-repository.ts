import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';

/** Locks people until the transaction ends, in the order of their ids: who locks the same ones waits and never deadlocks. */
export async function lockMembers(db: Kysely<Tables>, userIds: readonly string[]): Promise<void> {
  await sql`
    insert into members (user_id)
    select distinct id from unnest(${userIds}::uuid[]) as person (id) order by id
    on conflict do nothing`.execute(db);
  await db
    .selectFrom('members')
    .select('user_id')
    .where('user_id', '=', sql<string>`any(${userIds}::uuid[])`)
    .orderBy('user_id')
    .forUpdate()
    .execute();
}

export async function countFollowing(db: Kysely<Tables>, userId: string): Promise<number> {
  const row = await db.selectFrom('members').select('following').where('user_id', '=', userId).executeTakeFirst();
  return row?.following ?? 0;
}

type Link = { readonly followerId: string; readonly followeeId: string };

/** Counts follows that began (1) or ended (-1). Their people are locked, but for those who are about to be forgotten. */
export async function countFollows(db: Kysely<Tables>, links: readonly Link[], change: 1 | -1): Promise<void> {
  await sql`
    update members set followers = members.followers + change.followers, following = members.following + change.following
    from (
      select user_id, sum(followers) as followers, sum(following) as following
      from (
        select follower, 0, ${change}::int from unnest(${links.map(({ followerId }) => followerId)}::uuid[]) as follower
        union all
        select followee, ${change}::int, 0 from unnest(${links.map(({ followeeId }) => followeeId)}::uuid[]) as followee
      ) as ends (user_id, followers, following)
      group by user_id
    ) as change
    where members.user_id = change.user_id`.execute(db);
}

export async function deleteMember(db: Kysely<Tables>, userId: string): Promise<void> {
  await db.deleteFrom('members').where('user_id', '=', userId).execute();
}
