/** Names of sizes that pictures are shown in, with the longest side in pixels. */
export const variantSides = { thumb: 160, small: 640, large: 1_600 } as const;
export type Variant = keyof typeof variantSides;

/** What every object of an asset has in front. */
export function assetPrefix(assetId: string): string {
  return `${assetId}/`;
}

/** What was uploaded. It is never shown: only what was made of it, without its metadata. */
export function originalKey(assetId: string): string {
  return `${assetId}/original`;
}

export function variantKey(assetId: string, variant: Variant): string {
  return `${assetId}/${variant}.webp`;
}

/** A file below the asset's playlists, as `master.m3u8` or `720/00001.ts`. */
export function hlsKey(assetId: string, file: string): string {
  return `${assetId}/hls/${file}`;
}

const keyForm = /^[0-9a-f-]{36}(\/[a-z0-9_-]+){0,3}\/[a-z0-9_-]+(\.[a-z0-9]{1,5})?$/;

/** Keys are made here alone; what has another form names no object, and no file either. */
export function isObjectKey(text: string): boolean {
  return keyForm.test(text);
}
