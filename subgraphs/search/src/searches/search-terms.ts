import { quotedLexeme } from '../documents/text-search-vector.ts';
import { isUnspaced, plainForm, type Word, wordsOfQuery } from '../words/word.ts';

/** A query in the forms in which the index is asked. */
export type SearchTerms = {
  /** For what is shown of a hit. */
  readonly words: readonly Word[];
  /** The username that it may be or begin; null when it cannot be one. */
  readonly handle: string | null;
  /** The text of a `tsquery`: every word, the last one also as a beginning. */
  readonly all: string;
  /** Its plain form; empty when nothing is looked for that is only similar. */
  readonly similar: string;
  /** Words of which a similar one has to occur, and the `tsquery` of the others, empty without any. */
  readonly similarWords: readonly string[];
  readonly others: string;
};

/** A shorter word has too few trigrams to tell a typo from another word. */
const minSimilarLength = 4;
/** More words are looked for exactly only. */
const maxSimilarWords = 6;

/** Undefined when there is no word in it. */
export function searchTerms(text: string): SearchTerms | undefined {
  const words = wordsOfQuery(text);
  if (words.length === 0) return undefined;
  const [, name] = /^@?(\w{1,20})$/.exec(text) ?? [];
  const hasSign = words.some(({ terms: [first = ''] }) => /^[#@]/.test(first));
  const isLong = ({ plain }: Word) => plain.length >= minSimilarLength;
  const similarWords = words.filter(isLong).map(({ plain }) => plain);
  const isSimilar = !hasSign && similarWords.length > 0 && similarWords.length <= maxSimilarWords;
  return {
    words,
    handle: name === undefined ? null : plainForm(name),
    all: allOf(words),
    similar: isSimilar ? words.map(({ plain }) => plain).join(' ') : '',
    similarWords: isSimilar ? similarWords : [],
    others: words
      .filter((word) => !isLong(word))
      .flatMap(({ terms }) => terms.map(quotedLexeme))
      .join(' & '),
  };
}

function allOf(words: readonly Word[]): string {
  const isOpen = openTerms(words);
  return words
    .flatMap((word) => word.terms.map((term) => quotedLexeme(term) + (isOpen(word, term) ? ':*' : '')))
    .join(' & ');
}

/** Whether a word of a text is one of those that were looked for. */
export function isHit(word: Word, { words }: SearchTerms): boolean {
  const isOpen = openTerms(words);
  return words.some((wanted) =>
    wanted.terms.some((term) =>
      isOpen(wanted, term) ? word.terms.some((candidate) => candidate.startsWith(term)) : word.terms.includes(term),
    ),
  );
}

/** Which terms may go on: the last of the word that is typed last, and a single character of a script without spaces. */
function openTerms(words: readonly Word[]): (word: Word, term: string) => boolean {
  const last = words.at(-1);
  return (word, term) =>
    isUnspaced(term) ? [...term].length === 1 : word === last && term === word.terms[word.terms.length - 1];
}
