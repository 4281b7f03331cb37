import { type Word, wordsOfText } from '../words/word.ts';
import { isHit, type SearchTerms } from './search-terms.ts';

/** A part of a text; the parts of an excerpt follow one another. */
export type Segment = { readonly text: string; readonly isMatch: boolean };

export type HighlightField = 'USERNAME' | 'DISPLAY_NAME' | 'BIO' | 'BODY';

export type Highlight = { readonly field: HighlightField; readonly segments: readonly Segment[] };

/** UTF-16 units of a longer text that are shown, and those before the first match. */
const maxExcerpt = 160;
const leadIn = 40;

/** Of each text in which something was found, as much as says what: the plain text itself in pieces, for the client to mark. */
export function highlightsOf(
  texts: ReadonlyArray<readonly [field: HighlightField, text: string]>,
  terms: SearchTerms,
): Highlight[] {
  return texts.flatMap(([field, text]) => {
    const words = wordsOfText(text);
    const hits = words.filter((word) => isHit(word, terms));
    const [first] = hits;
    if (!first) return [];
    const range = excerptAround(first, { text, words });
    return [{ field, segments: segmentsOf(text, { range, hits }) }];
  });
}

type Range = { readonly start: number; readonly end: number };

/** Cut between words, so that no character is cut apart; a word that is longer than an excerpt is shown whole. */
function excerptAround(first: Word, { text, words }: { text: string; words: readonly Word[] }): Range {
  if (text.length <= maxExcerpt) return { start: 0, end: text.length };
  const start = first.start <= leadIn ? 0 : (words.find((word) => word.start >= first.start - leadIn) ?? first).start;
  if (text.length <= start + maxExcerpt) return { start, end: text.length };
  const last = words.findLast(({ end }) => end <= start + maxExcerpt) ?? first;
  return { start, end: Math.max(last.end, first.end) };
}

function segmentsOf(text: string, { range, hits }: { range: Range; hits: readonly Word[] }): Segment[] {
  const { start, end } = range;
  const segments: Segment[] = [];
  const add = (part: string, isMatch: boolean) => {
    if (part !== '') segments.push({ text: part, isMatch });
  };
  let at = start;
  let before = start > 0 ? '…' : '';
  for (const hit of hits) {
    if (hit.end > end) break;
    add(before + text.slice(at, hit.start), false);
    add(text.slice(hit.start, hit.end), true);
    at = hit.end;
    before = '';
  }
  add(before + text.slice(at, end) + (end < text.length ? '…' : ''), false);
  return segments;
}
