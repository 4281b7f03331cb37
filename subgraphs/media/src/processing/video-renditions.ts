import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hlsKey } from '../storage/object-keys.ts';
import { makeImageVariants } from './image-variants.ts';
import type { Material, Outcome } from './outcome.ts';
import { inputArguments, probeVideo, type VideoFacts } from './probe-video.ts';
import { runProgram } from './run-program.ts';

export type VideoOptions = {
  readonly ffmpeg: string;
  readonly ffprobe: string;
  /** Directories where they are looked for. */
  readonly searchPath: string;
  /** Of one ffmpeg; one runs at a time. */
  readonly threads: number;
  readonly maxSeconds: number;
  /** Time that making one rendition may take. */
  readonly timeoutMs: number;
};

/** Shorter sides in pixels. A video is not made larger than it is. */
const shortSides = [360, 720];
const segmentSeconds = 6;

type Rendition = {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly bitsPerSecond: number;
};

/** Makes a video's renditions for HLS with their master playlist, and pictures of an early moment of it. */
export async function makeVideoRenditions(
  material: Material,
  { assetId, maxPixels, video }: { assetId: string; maxPixels: number; video: VideoOptions },
): Promise<Outcome> {
  const { directory: cwd, file, contentType, signal } = material;
  const place = { cwd, signal, searchPath: video.searchPath };
  const facts = await probeVideo(video.ffprobe, { file, contentType, ...place });
  if (facts === 'absent') return { failure: 'VIDEO_UNSUPPORTED' };
  if (facts === 'unreadable') return { failure: 'UNREADABLE' };
  if (facts.width * facts.height > maxPixels) return { failure: 'TOO_MANY_PIXELS' };
  if (facts.durationMs > video.maxSeconds * 1_000) return { failure: 'TOO_LONG' };
  const run = async (args: readonly string[]) => {
    const { kind } = await runProgram(video.ffmpeg, [...quiet, ...args], { ...place, timeoutMs: video.timeoutMs });
    return kind;
  };
  const renditions: Rendition[] = [];
  for (const size of sizesOf(facts)) {
    await mkdir(join(cwd, size.name));
    const ended = await run([...inputArguments(file, contentType), ...renditionArguments(size, video)]);
    if (ended !== 'done') return { failure: ended === 'absent' ? 'VIDEO_UNSUPPORTED' : 'UNREADABLE' };
    renditions.push({ ...size, bitsPerSecond: await storeRendition(material, { assetId, size, facts }) });
  }
  const poster = join(cwd, 'poster.png');
  const moment = String(Math.min(1, facts.durationMs / 2_000));
  const frame = ['-frames:v', '1', '-update', '1', poster];
  if ((await run(['-ss', moment, ...inputArguments(file, contentType), ...frame])) !== 'done')
    return { failure: 'UNREADABLE' };
  const pictures = await makeImageVariants({ ...material, file: poster }, { assetId, maxPixels });
  if ('failure' in pictures) return pictures;
  const master = join(cwd, 'master.m3u8');
  await writeFile(master, masterPlaylist(renditions));
  await material.store(hlsKey(assetId, 'master.m3u8'), master);
  return { made: facts };
}

const quiet = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y'];

type Size = Omit<Rendition, 'bitsPerSecond'>;

function sizesOf({ width, height }: VideoFacts): Size[] {
  const short = Math.min(width, height);
  const sides = new Set(shortSides.map((side) => even(Math.min(side, short))));
  return [...sides].map((side) => ({
    name: String(side),
    width: even((width * side) / short),
    height: even((height * side) / short),
  }));
}

/** H.264 wants even sides. */
function even(pixels: number): number {
  return Math.max(2, 2 * Math.round(pixels / 2));
}

function renditionArguments({ name, width, height }: Size, { threads, maxSeconds, timeoutMs }: VideoOptions): string[] {
  return [
    // Should this process be killed, the program ends by itself.
    ...['-timelimit', String(Math.ceil(timeoutMs / 1_000) * threads), '-threads', String(threads)],
    ...['-map', '0:v:0', '-map', '0:a:0?', '-map_metadata', '-1', '-map_chapters', '-1', '-sn', '-dn'],
    ...['-t', String(maxSeconds), '-vf', `scale=${width}:${height},setsar=1`, '-pix_fmt', 'yuv420p'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23', '-filter_threads', String(threads)],
    ...['-force_key_frames', `expr:gte(t,n_forced*${segmentSeconds})`, '-c:a', 'aac', '-b:a', '128k', '-ac', '2'],
    ...[
      '-f',
      'hls',
      '-hls_time',
      String(segmentSeconds),
      '-hls_playlist_type',
      'vod',
      '-hls_flags',
      'independent_segments',
    ],
    ...['-hls_segment_filename', `${name}/%05d.ts`, `${name}/index.m3u8`],
  ];
}

/** Its bit rate, as its segments tell it. */
async function storeRendition(
  material: Material,
  { assetId, size, facts }: { assetId: string; size: Size; facts: VideoFacts },
): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(join(material.directory, size.name))) {
    const file = join(material.directory, size.name, name);
    bytes += (await stat(file)).size;
    await material.store(hlsKey(assetId, `${size.name}/${name}`), file);
  }
  return Math.ceil((bytes * 8) / Math.max(0.1, facts.durationMs / 1_000));
}

function masterPlaylist(renditions: readonly Rendition[]): string {
  const entries = renditions.flatMap(({ name, width, height, bitsPerSecond }) => [
    `#EXT-X-STREAM-INF:BANDWIDTH=${bitsPerSecond},RESOLUTION=${width}x${height}`,
    `${name}/index.m3u8`,
  ]);
  return ['#EXTM3U', '#EXT-X-VERSION:6', '#EXT-X-INDEPENDENT-SEGMENTS', ...entries, ''].join('\n');
}
