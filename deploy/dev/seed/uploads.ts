import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { objectsRoot } from '@nova/media/local-store';
import type { Tables } from '@nova/media/tables';
import { sql, type Transaction } from 'kysely';
import type { Media, Upload } from './media.ts';
import { objectsOf, type Pictures } from './pictures.ts';
import type { WriteRows } from './write-rows.ts';

/** As long as an upload link is good by default. */
const uploadMs = 900_000;

/** Assets that are ready, and their objects as files. */
export async function seedUploads(
  db: Transaction<Tables>,
  { media, pictures, mediaDirectory }: { media: Media; pictures: Pictures; mediaDirectory: string },
  write: WriteRows,
): Promise<void> {
  await write('pictures', media.uploads, async (uploads) => {
    const rows = uploads.map((upload) => assetRow(upload, pictures));
    const inserted = await db
      .insertInto('assets')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .execute();
    // What was there already may have been deleted since: its objects must not come back.
    const added = new Set(inserted.map(({ id }) => id));
    for (const upload of uploads) if (added.has(upload.id)) await writeObjects(upload, { pictures, mediaDirectory });
  });
  await sql`analyze assets`.execute(db);
}

function assetRow({ id, ownerId, motif, createdAt }: Upload, pictures: Pictures) {
  const { contentType, original, width, height } = pictures.of(motif);
  return {
    id,
    owner_id: ownerId,
    kind: 'IMAGE' as const,
    state: 'READY' as const,
    content_type: contentType,
    bytes: original.length,
    width,
    height,
    created_at: createdAt,
    admitted_at: createdAt,
    upload_expires_at: new Date(createdAt.getTime() + uploadMs),
  };
}

async function writeObjects(
  { id, motif }: Upload,
  { pictures, mediaDirectory }: { pictures: Pictures; mediaDirectory: string },
): Promise<void> {
  for (const [key, bytes] of objectsOf(id, pictures.of(motif))) {
    const file = join(objectsRoot(mediaDirectory), key);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, bytes, { mode: 0o600 });
  }
}
