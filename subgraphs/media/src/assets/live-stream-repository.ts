import { type Kysely, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';

/** In place of an earlier key of the stream. */
export async function putStreamKey(db: Kysely<Tables>, assetId: string, keyHash: Uint8Array): Promise<void> {
  await db
    .insertInto('live_streams')
    .values({ asset_id: assetId, key_hash: keyHash })
    .onConflict((conflict) => conflict.column('asset_id').doUpdateSet({ key_hash: keyHash }))
    .execute();
}

/** Those of the owner that did not end; until the transaction ends nobody else counts them. */
export async function countOpenStreams(db: Kysely<Tables>, ownerId: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended('media.live_streams:' || ${ownerId}::text, 0))`.execute(db);
  const { open } = await db
    .selectFrom('active_assets')
    .select(({ fn }) => fn.countAll<string>().as('open'))
    .where('owner_id', '=', ownerId)
    .where('kind', '=', 'LIVE_STREAM')
    .where('state', 'in', ['WAITING', 'LIVE'])
    .executeTakeFirstOrThrow();
  return Number(open);
}

export async function findStreamByKey(db: Kysely<Tables>, keyHash: Uint8Array): Promise<string | undefined> {
  const row = await db.selectFrom('live_streams').select('asset_id').where('key_hash', '=', keyHash).executeTakeFirst();
  return row?.asset_id;
}

export async function deleteStreamKeys(db: Kysely<Tables>, assetIds: readonly string[]): Promise<void> {
  await db.deleteFrom('live_streams').where('asset_id', '=', sql<string>`any(${assetIds}::uuid[])`).execute();
}

/** False when it was seen before. Forgets a few of those whose time is over. */
export async function insertCallback(
  db: Kysely<Tables>,
  signature: Uint8Array,
  { keptSeconds }: { keptSeconds: number },
): Promise<boolean> {
  await sql`
    delete from stream_callbacks where signature in (
      select signature from stream_callbacks where seen_at < now() - make_interval(secs => ${keptSeconds}::float8)
      order by seen_at limit 10 for update skip locked
    )`.execute(db);
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('stream_callbacks')
    .values({ signature })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}
