import type { Tables } from '@nova/user/tables';
import type { Transaction } from 'kysely';
import type { Follow } from './social.ts';

export type FollowCount = { readonly user_id: string; readonly followers: number; readonly following: number };

/** The seed's follows have no events that would count them. */
export function followCountRows(follows: readonly Follow[]): FollowCount[] {
  const counts = new Map<string, { followers: number; following: number }>();
  const countsOf = (id: string) => {
    const found = counts.get(id) ?? { followers: 0, following: 0 };
    counts.set(id, found);
    return found;
  };
  for (const { followerId, followeeId } of follows) {
    countsOf(followerId).following += 1;
    countsOf(followeeId).followers += 1;
  }
  return [...counts].map(([user_id, count]) => ({ user_id, ...count }));
}

export async function insertFollowCounts(db: Transaction<Tables>, rows: readonly FollowCount[]): Promise<void> {
  await db
    .insertInto('follow_counts')
    .values([...rows])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
