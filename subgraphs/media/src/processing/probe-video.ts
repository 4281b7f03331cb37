import { z } from 'zod';
import { type ProgramResult, runProgram } from './run-program.ts';

/** As it is shown: turned, if its metadata says so. */
export type VideoFacts = { readonly width: number; readonly height: number; readonly durationMs: number };

/** The demuxer that reads a type. Naming it keeps files from being read as something else, such as a list of other files. */
const demuxers: Readonly<Record<string, string>> = {
  'video/mp4': 'mov',
  'video/quicktime': 'mov',
  'video/webm': 'matroska',
  'video/matroska': 'matroska',
};

/** Arguments that open an uploaded file, and nothing else that it may point to. */
export function inputArguments(file: string, contentType: string): string[] {
  return ['-protocol_whitelist', 'file', '-f', demuxers[contentType] ?? 'mov', '-i', `file:${file}`];
}

const answer = z.object({
  format: z.object({ duration: z.coerce.number().positive() }),
  streams: z
    .array(
      z.object({
        width: z.number().int().positive(),
        height: z.number().int().positive(),
        side_data_list: z.array(z.object({ rotation: z.number().optional() })).optional(),
      }),
    )
    .min(1),
});

/** What ffprobe says of a video; `unreadable` when that is no video. */
export async function probeVideo(
  ffprobe: string,
  {
    file,
    contentType,
    ...place
  }: { file: string; contentType: string; cwd: string; searchPath: string; signal: AbortSignal },
): Promise<VideoFacts | 'unreadable' | 'absent'> {
  const entries = 'format=duration:stream=width,height:stream_side_data=rotation';
  const args = ['-v', 'error', '-of', 'json', '-select_streams', 'v:0', '-show_entries', entries];
  const result: ProgramResult = await runProgram(ffprobe, [...args, ...inputArguments(file, contentType)], {
    ...place,
    timeoutMs: 30_000,
  });
  if (result.kind === 'absent') return 'absent';
  const { data } = answer.safeParse(result.kind === 'done' ? JSON.parse(result.output) : undefined);
  const stream = data?.streams[0];
  if (!data || !stream) return 'unreadable';
  const turned = stream.side_data_list?.some(({ rotation = 0 }) => Math.abs(rotation) % 180 === 90) ?? false;
  const { width, height } = stream;
  const shown = turned ? { width: height, height: width } : { width, height };
  return { ...shown, durationMs: Math.round(data.format.duration * 1_000) };
}
