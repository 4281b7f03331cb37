import { join } from 'node:path';
import sharp from 'sharp';
import { type Variant, variantKey, variantSides } from '../storage/object-keys.ts';
import type { Material, Outcome } from './outcome.ts';

/** Time that decoding and encoding one variant may take. */
const variantSeconds = 60;

// One picture after the other: memory is bounded by one, and the machine is left to those who wait for answers.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Makes the variants of a picture, upright and without its metadata (where it was taken, say). Of an animation it takes the first frame. A picture that
 * says it has more than `maxPixels` is not decoded.
 */
export async function makeImageVariants(
  material: Pick<Material, 'directory' | 'file' | 'store'>,
  { assetId, maxPixels }: { assetId: string; maxPixels: number },
): Promise<Outcome> {
  const open = () => sharp(material.file, { limitInputPixels: maxPixels, sequentialRead: true, failOn: 'error' });
  // Reads headers only, of whatever size they speak.
  const size = await sharp(material.file, { limitInputPixels: false })
    .metadata()
    .then(
      ({ autoOrient }) => autoOrient,
      () => undefined,
    );
  if (!size) return { failure: 'UNREADABLE' };
  if (size.width * size.height > maxPixels) return { failure: 'TOO_MANY_PIXELS' };
  for (const [variant, side] of Object.entries(variantSides) as [Variant, number][]) {
    const file = join(material.directory, `${variant}.webp`);
    const picture = open()
      .autoOrient()
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .webp({ quality: 82 })
      .timeout({ seconds: variantSeconds });
    const isMade = await picture.toFile(file).then(
      () => true,
      () => false,
    );
    if (!isMade) return { failure: 'UNREADABLE' };
    await material.store(variantKey(assetId, variant), file);
  }
  return { made: { ...size, durationMs: null } };
}
