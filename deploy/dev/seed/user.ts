import type { Tables } from '@nova/user/tables';
import { type InsertObject, sql, type Transaction } from 'kysely';
import type { Media } from './media.ts';
import type { Network } from './network.ts';
import type { Pictures } from './pictures.ts';
import type { Follow } from './social.ts';
import type { WriteRows } from './write-rows.ts';

/** The seed's posts, follows and uploads have no events or calls that would count them. */
export async function seedUser(
  db: Transaction<Tables>,
  {
    network,
    follows,
    media,
    pictures,
  }: { network: Network; follows: readonly Follow[]; media: Media; pictures: Pictures },
  write: WriteRows,
): Promise<void> {
  const into =
    <Table extends 'profiles' | 'post_counts' | 'follow_counts' | 'quotas' | 'quota_reservations'>(table: Table) =>
    (rows: InsertObject<Tables, Table>[]) =>
      db
        .insertInto(table)
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
  await write('profiles', profileRows(network, media), into('profiles'));
  await write('post counts', postCountRows(network), into('post_counts'));
  await write('follow counts', followCountRows(follows), into('follow_counts'));
  const reservations = reservationRows(media, pictures);
  await write('storage', quotaRows(reservations), into('quotas'));
  await write('storage of uploads', reservations, into('quota_reservations'));
  await sql`analyze profiles, post_counts, follow_counts, quotas, quota_reservations`.execute(db);
}

function profileRows({ people }: Network, { avatars }: Media) {
  return people.map(({ id, username, displayName, bio, location, joinedAt }) => ({
    id,
    username,
    display_name: displayName,
    bio,
    location,
    avatar_id: avatars.get(id) ?? null,
    joined_at: joinedAt,
    updated_at: joinedAt,
  }));
}

function postCountRows({ posts }: Network) {
  const counts = new Map<string, number>();
  for (const { authorId } of posts) counts.set(authorId, (counts.get(authorId) ?? 0) + 1);
  return [...counts].map(([user_id, posts]) => ({ user_id, posts }));
}

function followCountRows(follows: readonly Follow[]) {
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

/** Named after their assets, as media reserves room. */
function reservationRows({ uploads }: Media, pictures: Pictures) {
  return uploads.map(({ id, ownerId, motif, createdAt }) => ({
    user_id: ownerId,
    reservation_id: id,
    bytes: BigInt(pictures.of(motif).original.length),
    created_at: createdAt,
  }));
}

function quotaRows(reservations: ReturnType<typeof reservationRows>) {
  const used = new Map<string, bigint>();
  for (const { user_id, bytes } of reservations) used.set(user_id, (used.get(user_id) ?? 0n) + bytes);
  return [...used].map(([user_id, used_bytes]) => ({ user_id, used_bytes }));
}
