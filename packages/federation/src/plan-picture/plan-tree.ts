import { type PictureFrame, partLabels, requestLabel, wavesOf } from './labels.ts';
import type { PictureRequest, PlanPicture } from './plan-picture.ts';

/** The plan as lines of text: waves, and in each the requests that are sent together. */
export function planTree({ requests }: PlanPicture, frame: PictureFrame): string {
  const waves = wavesOf(requests).map((wave, at) => [
    `wave ${at + 1}`,
    ...branches(wave.map((request) => requestLines(request, frame))),
  ]);
  if (waves.length === 0) return `${frame.title}\n└─ asks no subgraph`;
  return [frame.title, ...branches(waves)].join('\n');
}

function requestLines(request: PictureRequest, frame: PictureFrame): string[] {
  const after = request.after.length > 0 ? `, after ${listed(request.after)}` : '';
  const parts = request.parts.map((part) => {
    const { where, when, what } = partLabels(part);
    return [[where, when].filter(Boolean).join(' '), what].filter(Boolean).join(' → ');
  });
  return [requestLabel(request, frame) + after, ...parts.map((part) => `  ${part}`)];
}

/** `1, 2 and 3`. */
function listed(numbers: readonly number[]): string {
  return numbers.length < 2 ? numbers.join() : `${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)}`;
}

/** Each block of lines hangs on one branch. */
function branches(blocks: ReadonlyArray<readonly string[]>): string[] {
  return blocks.flatMap(([first = '', ...others], at) => {
    const isLast = at === blocks.length - 1;
    return [`${isLast ? '└─' : '├─'} ${first}`, ...others.map((line) => `${isLast ? '  ' : '│ '} ${line}`)];
  });
}
