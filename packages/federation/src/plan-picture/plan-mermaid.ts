import { isConditional, type PictureFrame, partLabels, requestLabel, subgraphNumbers, wavesOf } from './labels.ts';
import type { PictureRequest, PlanPicture } from './plan-picture.ts';

/** Of a request's box: backgrounds on which dark text is read in light pages and dark ones. */
const fills = ['#bfdbfe', '#bbf7d0', '#fde68a', '#fbcfe8', '#ddd6fe', '#fed7aa', '#a5f3fc', '#e2e8f0'];

/** The plan as a Mermaid flowchart: waves from left to right, arrows to who waits; dotted ones to what has a condition. */
export function planMermaid({ requests }: PlanPicture, frame: PictureFrame): string {
  const numbers = subgraphNumbers(requests);
  const waves = wavesOf(requests).flatMap((wave, at) => [
    `  subgraph wave${at + 1}["wave ${at + 1}"]`,
    '    direction TB',
    ...wave.map(
      (request) => `    r${request.number}["${boxText(request, frame)}"]:::s${numbers.get(request.subgraph)}`,
    ),
    '  end',
  ]);
  const arrows = requests.flatMap((request) =>
    request.after.map((other) => `  r${other} ${isConditional(request) ? '-.->' : '-->'} r${request.number}`),
  );
  const classes = [...numbers.values()].map(
    (number) => `  classDef s${number} fill:${fills[number % fills.length]},stroke:#475569,color:#0f172a`,
  );
  const header = ['---', `title: ${JSON.stringify(frame.title)}`, '---', 'flowchart LR'];
  return `${[...header, ...waves, ...arrows, ...classes].join('\n')}\n`;
}

function boxText(request: PictureRequest, frame: PictureFrame): string {
  const parts = request.parts.flatMap((part) => {
    const { where, when, what } = partLabels(part);
    return [where, when, what].filter(Boolean);
  });
  return [`<b>${escaped(requestLabel(request, frame))}</b>`, ...parts.map(escaped)].join('<br>');
}

/** Mermaid has entity codes of its own; what is not plain is written as one. */
function escaped(text: string): string {
  return text.replace(/[^\w .,:;$@(){}/→-]|[\r\n]/g, (char) => `#${char.codePointAt(0)};`);
}
