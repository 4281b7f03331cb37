import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeImageVariants } from '@nova/media/image-variants';
import { originalKey, type Variant, variantKey, variantSides } from '@nova/media/object-keys';
import sharp from 'sharp';
import { type Motif, motifCount } from './media.ts';

/** A motif as media keeps it: the bytes of its objects, and its size in pixels. */
export type Picture = {
  readonly contentType: 'image/png';
  readonly original: Buffer;
  readonly variants: ReadonlyMap<Variant, Buffer>;
  readonly width: number;
  readonly height: number;
};

export type Pictures = { of(motif: Motif): Picture };

/** Draws every motif once and has media make of it what it makes of an upload. */
export async function drawPictures(): Promise<Pictures> {
  const directory = await mkdtemp(join(tmpdir(), 'nova-seed-'));
  try {
    const drawn = new Map<string, Picture>();
    for (const kind of ['landscape', 'portrait'] as const) {
      for (let number = 0; number < motifCount[kind]; number++) {
        drawn.set(`${kind} ${number}`, await draw({ kind, number }, directory));
      }
    }
    return { of: ({ kind, number }) => drawn.get(`${kind} ${number}`) as Picture };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function draw(motif: Motif, directory: string): Promise<Picture> {
  const file = join(directory, 'original');
  const original = await sharp(Buffer.from(svgOf(motif)))
    .png({ palette: true, effort: 1 })
    .toBuffer();
  await writeFile(file, original);
  const assetId = '0';
  const objects = new Map<string, Buffer>();
  const outcome = await makeImageVariants(
    { directory, file, store: async (key, made) => void objects.set(key, await readFile(made)) },
    { assetId, maxPixels: 1_000_000 },
  );
  if (!('made' in outcome)) throw new Error(`Media refuses the picture ${motif.kind} ${motif.number}.`);
  const { width, height } = outcome.made;
  const variants = new Map(
    (Object.keys(variantSides) as Variant[]).map((name) => [name, objects.get(variantKey(assetId, name)) as Buffer]),
  );
  return { contentType: 'image/png', original, variants, width, height };
}

/** The objects of an asset that shows the picture. */
export function objectsOf(assetId: string, { original, variants }: Picture): readonly (readonly [string, Buffer])[] {
  return [
    [originalKey(assetId), original],
    ...[...variants].map(([name, bytes]) => [variantKey(assetId, name), bytes] as const),
  ];
}

function svgOf({ kind, number }: Motif): string {
  return kind === 'landscape' ? landscape(number) : portrait(number);
}

/** Sun and hills, in another light each time. */
function landscape(number: number): string {
  const hue = number * 90;
  const [x, y] = [60 + number * 100, 70 + (number % 3) * 30];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="360">
    <rect width="480" height="360" fill="hsl(${hue}, 55%, 80%)"/>
    <circle cx="${x}" cy="${y}" r="36" fill="hsl(${hue + 40}, 90%, 62%)"/>
    <path d="M0 250 Q120 ${160 + number * 10} 250 240 T480 210 V360 H0 Z" fill="hsl(${hue + 150}, 35%, 48%)"/>
    <path d="M0 310 Q160 ${240 - number * 8} 300 300 T480 280 V360 H0 Z" fill="hsl(${hue + 160}, 40%, 32%)"/>
  </svg>`;
}

/** Head and shoulders. */
function portrait(number: number): string {
  const hue = 20 + number * 120;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256">
    <rect width="256" height="256" fill="hsl(${hue}, 50%, 70%)"/>
    <circle cx="128" cy="100" r="48" fill="hsl(${hue}, 35%, 35%)"/>
    <path d="M36 256 Q128 ${120 + number * 8} 220 256 Z" fill="hsl(${hue}, 35%, 35%)"/>
  </svg>`;
}
