import { isConditional, type PictureFrame, partLabels, requestLabel, subgraphNumbers, wavesOf } from './labels.ts';
import type { PictureRequest, PlanPicture } from './plan-picture.ts';

/** Pixels. Texts are set in a monospaced font of 12 px, whose letters are 0.6 em wide everywhere. */
const letter = 7.25;
const line = 17;
const padding = 12;
const between = { waves: 72, boxes: 18 };
const margin = 20;
const header = 64;

const mostLetters = 46;
const mostLines = 12;

/** By subgraph: hues of strokes; boxes are filled with a breath of them. */
const hues = [217, 142, 35, 330, 262, 16, 188, 60];

const style = `
  .page { fill: #ffffff; stroke: #cbd5e1 } .title { font-weight: 600; font-size: 14px; fill: #0f172a }
  .head { font-weight: 600; fill: #0f172a } .wave, .where { fill: #475569 } .what { fill: #0f172a } .when { font-style: italic; fill: #475569 }
  .arrow { fill: none; stroke: #64748b; stroke-width: 1.5 } .tip { fill: #64748b } .conditional { stroke-dasharray: 5 4 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0f172a; stroke: #334155 } .title, .head, .what { fill: #f1f5f9 } .wave, .where, .when { fill: #cbd5e1 }
    .arrow { stroke: #94a3b8 } .tip { fill: #94a3b8 }
  }`;

/** The plan as a picture that stands alone: waves as columns, a box for each request in its subgraph's colour, arrows to who waits. */
export function planSvg({ requests, waves }: PlanPicture, frame: PictureFrame): string {
  const boxes = placedBoxes(requests, frame);
  const all = [...boxes.values()];
  const width = Math.max(frame.title.length * 8.5, 240, ...all.map((box) => box.x + box.width)) + margin;
  const height = Math.max(header, ...all.map((box) => box.y + box.height)) + margin;
  const colours = subgraphNumbers(requests);
  const summary = `${counted(requests.length, 'request')} to subgraphs in ${counted(waves, 'wave')}.`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title description" width="${px(width)}" height="${px(height)}" viewBox="0 0 ${px(width)} ${px(height)}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12">`,
    `<title id="title">Query plan of ${escaped(frame.title)}</title>`,
    `<desc id="description">${escaped([summary, ...requests.map((it) => sentence(it, frame))].join(' '))}</desc>`,
    `<style>${style}\n</style>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>',
    `<rect class="page" x="0.5" y="0.5" width="${px(width - 1)}" height="${px(height - 1)}" rx="10"/>`,
    text({ kind: 'title', text: frame.title }, margin, 28),
    ...waveTitles(all),
    ...arrows(requests, boxes),
    ...all.map((box) => drawnBox(box, hues[(colours.get(box.request.subgraph) ?? 0) % hues.length] ?? 0)),
    '</svg>',
  ].join('\n')}\n`;
}

type Line = { readonly kind: 'title' | 'head' | 'wave' | 'where' | 'when' | 'what'; readonly text: string };

type Box = {
  readonly request: PictureRequest;
  readonly lines: readonly Line[];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

/** By the request's number. */
function placedBoxes(requests: readonly PictureRequest[], frame: PictureFrame): ReadonlyMap<number, Box> {
  const boxes = new Map<number, Box>();
  let x = margin;
  for (const wave of wavesOf(requests)) {
    const filled = wave.map((request) => ({ request, lines: linesOf(request, frame) }));
    const letters = Math.max(...filled.flatMap(({ lines }) => lines.map((it) => it.text.length)));
    const width = letters * letter + 2 * padding;
    let y = header;
    for (const { request, lines } of filled) {
      const height = lines.length * line + 2 * padding - 4;
      boxes.set(request.number, { request, lines, x, y, width, height });
      y += height + between.boxes;
    }
    x += width + between.waves;
  }
  return boxes;
}

function linesOf(request: PictureRequest, frame: PictureFrame): Line[] {
  const lines: Line[] = [
    { kind: 'head', text: requestLabel(request, frame) },
    ...request.parts.flatMap((part) => {
      const { where, when, what } = partLabels(part);
      const all: Line[] = [
        { kind: 'where', text: where },
        { kind: 'when', text: when },
        { kind: 'what', text: what },
      ];
      return all.filter((it) => it.text !== '');
    }),
  ];
  const shown = lines.slice(0, mostLines).map((it) => ({ ...it, text: cut(it.text) }));
  const left = lines.length - shown.length;
  return left > 0 ? [...shown, { kind: 'where', text: `… ${left} more lines` }] : shown;
}

function cut(whole: string): string {
  return whole.length > mostLetters ? `${whole.slice(0, mostLetters - 1)}…` : whole;
}

function waveTitles(boxes: readonly Box[]): string[] {
  const columns = new Map(boxes.map(({ request, x }) => [request.wave, x]));
  return [...columns].map(([wave, x]) => text({ kind: 'wave', text: `wave ${wave}` }, x, header - 10));
}

function arrows(requests: readonly PictureRequest[], boxes: ReadonlyMap<number, Box>): string[] {
  return requests.flatMap((request) =>
    request.after.flatMap((earlier) => {
      const [from, to] = [boxes.get(earlier), boxes.get(request.number)];
      if (!from || !to) return [];
      const [x1, y1, x2, y2] = [from.x + from.width, from.y + from.height / 2, to.x, to.y + to.height / 2];
      const bend = (x2 - x1) / 2;
      const kind = isConditional(request) ? 'arrow conditional' : 'arrow';
      const way = [x1, y1, x1 + bend, y1, x2 - bend, y2, x2, y2].map(px);
      return [`<path class="${kind}" marker-end="url(#tip)" d="M${way.slice(0, 2)}C${way.slice(2)}"/>`];
    }),
  );
}

function drawnBox({ request, lines, x, y, width, height }: Box, hue: number): string {
  const dashes = isConditional(request) ? ' class="conditional"' : '';
  const rect = `<rect${dashes} x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" rx="6" fill="hsl(${hue} 80% 55% / 0.14)" stroke="hsl(${hue} 65% 50%)" stroke-width="1.5"/>`;
  const texts = lines.map((it, at) => text(it, x + padding, y + padding + 9 + at * line));
  return [`<g>`, rect, ...texts, '</g>'].join('\n');
}

function text({ kind, text: content }: Line, x: number, y: number): string {
  return `<text class="${kind}" x="${px(x)}" y="${px(y)}">${escaped(content)}</text>`;
}

/** A box in words, for who does not see it. */
function sentence(request: PictureRequest, frame: PictureFrame): string {
  const after = request.after.length > 0 ? ` after ${request.after.join(', ')}` : '';
  const parts = request.parts.map((part) => {
    const { where, when, what } = partLabels(part);
    return [[where, when].filter(Boolean).join(' '), what].filter(Boolean).join(', for ');
  });
  return `${requestLabel(request, frame)}, wave ${request.wave}${after}: ${parts.join('; ')}.`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function px(length: number): string {
  return String(Math.round(length * 10) / 10);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text and attributes of XML, which cannot have control characters at all. */
function escaped(content: string): string {
  const allowed = content.replace(/[^\t\n\r\u0020-\ufffd]/g, '');
  return allowed.replace(/[&<>"']/g, (char) => entities[char] ?? char);
}
