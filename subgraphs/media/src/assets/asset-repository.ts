import { isUuid, type PageRequest } from '@nova/postgres';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { AssetsTable, Tables } from '../db/tables.ts';
import type { Announcement, Asset, Failure, Measures } from './asset.ts';

type Row = Omit<Selectable<AssetsTable>, 'deleted_by'>;

const columns = [
  'id',
  'owner_id',
  'kind',
  'state',
  'content_type',
  'bytes',
  'width',
  'height',
  'duration_ms',
  'failure',
  'created_at',
  'upload_expires_at',
  'admitted_at',
  'deleted_at',
] as const;

/** Admitted ones that are not deleted. */
export async function findAssets(db: Kysely<Tables>, ids: readonly string[]): Promise<Asset[]> {
  const rows = await db
    .selectFrom('active_assets')
    .select(columns)
    .where('id', '=', sql<string>`any(${ids.filter(isUuid)}::uuid[])`)
    .where('admitted_at', 'is not', null)
    .execute();
  return rows.map(toAsset);
}

/** Of one owner, newest first; one row more than the page, to know whether there is a next one. */
export async function listAssetsOf(db: Kysely<Tables>, ownerId: string, page: PageRequest): Promise<Asset[]> {
  const rows = await db
    .selectFrom('active_assets')
    .select(columns)
    .where('owner_id', '=', ownerId)
    .where('admitted_at', 'is not', null)
    .$if(page.afterId !== null, (query) => query.where('id', '<', page.afterId))
    .orderBy('id', 'desc')
    .limit(page.first + 1)
    .execute();
  return rows.map(toAsset);
}

/** Whatever became of it. */
export async function findAssetEver(db: Kysely<Tables>, id: string): Promise<Asset | undefined> {
  const row = await db.selectFrom('assets').select(columns).where('id', '=', id).executeTakeFirst();
  return row && toAsset(row);
}

/** Not admitted yet. */
export async function insertUpload(
  db: Kysely<Tables>,
  upload: Announcement & { ownerId: string; uploadSeconds: number },
): Promise<Asset> {
  const row = await db
    .insertInto('assets')
    .values({
      owner_id: upload.ownerId,
      kind: upload.kind,
      content_type: upload.contentType,
      bytes: upload.bytes,
      upload_expires_at: sql<Date>`date_trunc('second', now()) + make_interval(secs => ${upload.uploadSeconds})`,
    })
    .returning(columns)
    .executeTakeFirstOrThrow();
  return toAsset(row);
}

export async function insertLiveStream(db: Kysely<Tables>, ownerId: string): Promise<Asset> {
  const row = await db
    .insertInto('assets')
    .values({ owner_id: ownerId, kind: 'LIVE_STREAM', admitted_at: sql<Date>`now()` })
    .returning(columns)
    .executeTakeFirstOrThrow();
  return toAsset(row);
}

/** Undefined when it was deleted meanwhile. */
export async function admitAsset(db: Kysely<Tables>, id: string): Promise<Asset | undefined> {
  const row = await db
    .updateTable('assets')
    .set({ admitted_at: sql<Date>`coalesce(admitted_at, now())` })
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returning(columns)
    .executeTakeFirst();
  return row && toAsset(row);
}

/** Locks an asset that is not deleted until the transaction ends. */
export async function lockAsset(db: Kysely<Tables>, id: string): Promise<Asset | undefined> {
  if (!isUuid(id)) return undefined;
  const row = await db
    .selectFrom('assets')
    .select(columns)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  return row && toAsset(row);
}

export async function lockAssetsOf(
  db: Kysely<Tables>,
  ownerId: string,
  ids?: readonly string[],
): Promise<readonly Asset[]> {
  const rows = await db
    .selectFrom('assets')
    .select(columns)
    .where('owner_id', '=', ownerId)
    .where('deleted_at', 'is', null)
    .$if(ids !== undefined, (query) => query.where('id', '=', sql<string>`any(${(ids ?? []).filter(isUuid)}::uuid[])`))
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.map(toAsset);
}

/** Uploads whose link expired so long ago and that were never completed; others' locks are passed by. */
export async function lockAbandoned(
  db: Kysely<Tables>,
  { afterSeconds, limit }: { afterSeconds: number; limit: number },
): Promise<readonly Asset[]> {
  const rows = await db
    .selectFrom('assets')
    .select(columns)
    .where('state', '=', 'WAITING')
    .where('deleted_at', 'is', null)
    .where('upload_expires_at', '<', sql<Date>`now() - make_interval(secs => ${afterSeconds})`)
    .orderBy('upload_expires_at')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  return rows.map(toAsset);
}

export async function markState(
  db: Kysely<Tables>,
  id: string,
  state: 'PROCESSING' | 'LIVE' | 'ENDED',
): Promise<Asset> {
  const row = await db
    .updateTable('assets')
    .set({ state })
    .where('id', '=', id)
    .returning(columns)
    .executeTakeFirstOrThrow();
  return toAsset(row);
}

export async function markReady(db: Kysely<Tables>, id: string, measures: Measures): Promise<void> {
  const { width, height, durationMs } = measures;
  const values = { state: 'READY', width, height, duration_ms: durationMs } as const;
  await db.updateTable('assets').set(values).where('id', '=', id).execute();
}

export async function markFailed(db: Kysely<Tables>, id: string, failure: Failure): Promise<void> {
  await db.updateTable('assets').set({ state: 'FAILED', failure }).where('id', '=', id).execute();
}

export async function markDeleted(db: Kysely<Tables>, ids: readonly string[], deletedBy: string): Promise<void> {
  await db
    .updateTable('assets')
    .set({ deleted_at: sql`now()`, deleted_by: deletedBy })
    .where('id', '=', sql<string>`any(${ids}::uuid[])`)
    .execute();
}

function toAsset(row: Row): Asset {
  return {
    id: row.id,
    ownerId: row.owner_id,
    kind: row.kind,
    state: row.state,
    contentType: row.content_type,
    bytes: row.bytes,
    width: row.width,
    height: row.height,
    durationMs: row.duration_ms,
    failure: row.failure,
    createdAt: row.created_at,
    uploadExpiresAt: row.upload_expires_at,
    isAdmitted: row.admitted_at !== null,
    isDeleted: row.deleted_at !== null,
  };
}
