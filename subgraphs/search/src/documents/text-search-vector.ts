import { wordsOfText } from '../words/word.ts';

/** How much a word counts where it stands: A most. */
export type Weight = 'A' | 'B' | 'C' | 'D';

/** PostgreSQL counts positions up to here. */
const maxPosition = 16_383;

/** The text of a `tsvector` whose lexemes are our terms: no parser of PostgreSQL, and so no syntax of its, has a say in what a word is. */
export function textSearchVector(parts: ReadonlyArray<readonly [text: string, weight: Weight]>): string {
  const entries: string[] = [];
  let position = 0;
  for (const [text, weight] of parts) {
    for (const { terms } of wordsOfText(text)) {
      position = Math.min(position + 1, maxPosition);
      for (const term of terms) entries.push(`${quotedLexeme(term)}:${position}${weight}`);
    }
  }
  return entries.join(' ');
}

/** For the text forms of `tsvector` and `tsquery`. */
export function quotedLexeme(term: string): string {
  return `'${term.replaceAll(/['\\]/g, (character) => character + character)}'`;
}

/** The words of a text in their plain form, for what is similar to them. */
export function plainText(text: string): string {
  return wordsOfText(text)
    .map(({ plain }) => plain)
    .join(' ');
}
