import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { noPreferences, type Preferences } from './settings.ts';

export async function findPreferences(db: Kysely<Tables>, userId: string): Promise<Preferences> {
  const row = await db
    .selectFrom('settings')
    .select(['language', 'time_zone'])
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row ? { language: row.language, timeZone: row.time_zone } : noPreferences;
}

export async function savePreferences(db: Kysely<Tables>, userId: string, preferences: Preferences): Promise<void> {
  const values = { language: preferences.language, time_zone: preferences.timeZone };
  await db
    .insertInto('settings')
    .values({ user_id: userId, ...values })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet({ ...values, updated_at: sql`now()` }))
    .execute();
}

export async function deletePreferences(db: Kysely<Tables>, userId: string): Promise<void> {
  await db.deleteFrom('settings').where('user_id', '=', userId).execute();
}
