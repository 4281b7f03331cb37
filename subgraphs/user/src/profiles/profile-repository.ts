import { isUuid } from '@nova/postgres';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { ProfilesTable, Tables } from '../db/tables.ts';
import type { Profile } from './profile.ts';

const columns = [
  'id',
  'username',
  'display_name',
  'bio',
  'location',
  'avatar_id',
  'visibility',
  'is_discoverable',
  'joined_at',
] as const;

type Row = Pick<Selectable<ProfilesTable>, (typeof columns)[number]>;

export async function findProfiles(db: Kysely<Tables>, ids: readonly string[]): Promise<Profile[]> {
  const rows = await db
    .selectFrom('active_profiles')
    .select(columns)
    .where('id', '=', sql<string>`any(${ids.filter(isUuid)}::uuid[])`)
    .execute();
  return rows.map(toProfile);
}

export async function findProfileByUsername(db: Kysely<Tables>, username: string): Promise<Profile | undefined> {
  const row = await db
    .selectFrom('active_profiles')
    .select(columns)
    .where(sql`lower(username)`, '=', username.toLowerCase())
    .executeTakeFirst();
  return row && toProfile(row);
}

/** Ids whose profile was deleted: for them an account is no reason to show one. */
export async function findDeletedProfileIds(db: Kysely<Tables>, ids: readonly string[]): Promise<Set<string>> {
  const rows = await db
    .selectFrom('profiles')
    .select('id')
    .where('id', '=', sql<string>`any(${ids.filter(isUuid)}::uuid[])`)
    .where('deleted_at', 'is not', null)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** Writes the profile if there is none yet; an existing one stays as it is. */
export async function insertProfileIfAbsent(db: Kysely<Tables>, profile: Profile): Promise<void> {
  await db
    .insertInto('profiles')
    .values({
      id: profile.id,
      username: profile.username,
      display_name: profile.displayName,
      bio: profile.bio,
      location: profile.location,
      joined_at: profile.joinedAt,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

/** Locks the profile until the transaction ends; undefined when it was deleted or erased. */
export async function lockProfile(db: Kysely<Tables>, id: string): Promise<Profile | undefined> {
  const row = await db
    .selectFrom('profiles')
    .select(columns)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .where('erased_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  return row && toProfile(row);
}

export async function updateProfile(db: Kysely<Tables>, profile: Profile): Promise<void> {
  await db.updateTable('profiles').set(changesOf(profile)).where('id', '=', profile.id).execute();
}

/** Whose profiles showed the asset; they show none now. */
export async function clearAvatars(db: Kysely<Tables>, assetId: string): Promise<string[]> {
  const rows = await db
    .updateTable('profiles')
    .set({ avatar_id: null, updated_at: sql`now()` })
    .where('avatar_id', '=', assetId)
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
}

/** Writes what is left of an erased person over everything there was, a deleted profile included. */
export async function overwriteErasedProfile(db: Kysely<Tables>, profile: Omit<Profile, 'joinedAt'>): Promise<void> {
  await db
    .updateTable('profiles')
    .set({ ...changesOf(profile), username: profile.username, erased_at: sql`now()` })
    .where('id', '=', profile.id)
    .execute();
}

/** At most `limit` profiles with ids greater than `afterId` (null: from the first), in the order of their ids. */
export async function listProfiles(
  db: Kysely<Tables>,
  { afterId, limit }: { readonly afterId: string | null; readonly limit: number },
): Promise<Profile[]> {
  const rows = await db
    .selectFrom('active_profiles')
    .select(columns)
    .$if(afterId !== null, (query) => query.where('id', '>', afterId))
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(toProfile);
}

function changesOf(profile: Omit<Profile, 'joinedAt'>) {
  return {
    display_name: profile.displayName,
    bio: profile.bio,
    location: profile.location,
    avatar_id: profile.avatarId,
    visibility: profile.visibility,
    is_discoverable: profile.isDiscoverable,
    updated_at: sql<Date>`now()`,
  };
}

function toProfile(row: Row): Profile {
  return {
    id: row.id,
    username: row.username,
    displayName: row.display_name,
    bio: row.bio,
    location: row.location,
    avatarId: row.avatar_id,
    visibility: row.visibility,
    isDiscoverable: row.is_discoverable,
    joinedAt: row.joined_at,
  };
}
