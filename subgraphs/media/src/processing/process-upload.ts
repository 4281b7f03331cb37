import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileTypeFromFile } from 'file-type';
import type { Asset } from '../assets/asset.ts';
import { originalKey } from '../storage/object-keys.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import { makeImageVariants } from './image-variants.ts';
import type { Outcome } from './outcome.ts';
import { makeVideoRenditions, type VideoOptions } from './video-renditions.ts';

export type ProcessingOptions = { readonly maxPixels: number; readonly video: VideoOptions };

/** Types that one decoder reads. */
const sameAs: Readonly<Record<string, string>> = {
  'video/webm': 'video/matroska',
  'video/quicktime': 'video/mp4',
  'video/x-m4v': 'video/mp4',
  'image/apng': 'image/png',
};

/**
 * Checks what was uploaded by its bytes and makes what is shown of it. It works on a copy, so that what was checked is what
 * is used, whatever is uploaded meanwhile.
 */
export async function processUpload(
  asset: Asset,
  { store, signal, ...options }: ProcessingOptions & { store: ObjectStore; signal: AbortSignal },
): Promise<Outcome> {
  const { id: assetId, contentType, bytes } = asset;
  if (contentType === null || bytes === null) return { failure: 'UNREADABLE' };
  const directory = await mkdtemp(join(tmpdir(), 'nova-upload-'));
  try {
    const file = join(directory, 'original');
    const size = await store.sizeOf(originalKey(assetId));
    if (size !== bytes) return { failure: 'SIZE_MISMATCH' };
    await store.download(originalKey(assetId), { file, maxBytes: bytes, signal });
    const found = await fileTypeFromFile(file);
    if (!found || generalType(found.mime) !== generalType(contentType)) return { failure: 'TYPE_MISMATCH' };
    const material = {
      directory,
      file,
      contentType,
      signal,
      store: (key: string, made: string) => {
        signal.throwIfAborted();
        return store.upload(key, { file: made, signal });
      },
    };
    return asset.kind === 'IMAGE'
      ? await makeImageVariants(material, { assetId, ...options })
      : await makeVideoRenditions(material, { assetId, ...options });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function generalType(mime: string): string {
  return sameAs[mime] ?? mime;
}
