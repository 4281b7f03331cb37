/** A word of a text: where it stands (UTF-16 offsets), its `plainForm`, and the terms that it is found by. */
export type Word = {
  readonly start: number;
  readonly end: number;
  readonly plain: string;
  readonly terms: readonly string[];
};

/** Code points; what is longer is found by its beginning. */
const maxTermLength = 64;

/** Letters and digits of any script with their marks, after # or @ too; a pictograph stands for itself. */
const wordForm = /[#@]?[\p{L}\p{N}_][\p{L}\p{N}\p{M}_]*|\p{Extended_Pictographic}/gu;

/** Scripts that put no spaces between words. */
const unspacedForm =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー々]+/gu;

/** Marks that people leave out: accents, vowel points of Hebrew and Arabic, and the Arabic lengthener. */
const optionalMarks = /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640]/g;

/** Letters that no decomposition takes apart. */
const plainLetters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ħ: 'h',
  ŧ: 't',
  ı: 'i',
  ς: 'σ',
};

/**
 * The one form of a word for texts and queries alike: lower case, without accents and variants of width. Nothing but letters,
 * digits, marks and pictographs is left.
 */
export function plainForm(text: string): string {
  const decomposed = text.toLowerCase().normalize('NFKD').toLowerCase().replaceAll(optionalMarks, '');
  const plain = decomposed.replaceAll(/[ßæœøđðþłħŧıς]/g, (letter) => plainLetters[letter] ?? letter);
  return plain.normalize('NFC').replaceAll(/[^\p{L}\p{N}\p{M}_\p{Extended_Pictographic}]/gu, '');
}

/** The words of a text that is stored. A hashtag or mention is found with its sign and without; what has no spaces by each pair of characters. */
export function wordsOfText(text: string): Word[] {
  return wordsOf(text, (plain) => pairsOf(plain, { withLast: true }));
}

/** The words of what somebody looks for: all terms of all of them have to be found. */
export function wordsOfQuery(text: string): Word[] {
  return wordsOf(text, (plain) => pairsOf(plain, { withLast: false })).map((word) => {
    const [first = ''] = word.terms;
    return /^[#@]/.test(first) ? { ...word, terms: [first] } : word;
  });
}

function wordsOf(text: string, termsOf: (plain: string) => string[]): Word[] {
  return [...text.matchAll(wordForm)].flatMap((match) => {
    const [found] = match;
    const sign = /^[#@]/.test(found) ? found.charAt(0) : '';
    const plain = plainForm(found.slice(sign.length));
    if (plain === '') return [];
    const terms = [...(sign === '' ? [] : [sign + beginning(plain)]), ...termsOf(plain)];
    return [{ start: match.index, end: match.index + found.length, plain, terms: [...new Set(terms)] }];
  });
}

/** A word as it is, but for its parts of scripts without spaces: their pairs, and for texts their last character, that one alone is found too. */
function pairsOf(plain: string, { withLast }: { withLast: boolean }): string[] {
  const terms: string[] = [];
  let end = 0;
  for (const { 0: run, index } of plain.matchAll(unspacedForm)) {
    if (index > end) terms.push(beginning(plain.slice(end, index)));
    const characters = [...run];
    for (let at = 0; at + 1 < characters.length; at += 1) terms.push(`${characters[at]}${characters[at + 1]}`);
    if (withLast || characters.length === 1) terms.push(characters.at(-1) ?? '');
    end = index + run.length;
  }
  if (end < plain.length) terms.push(beginning(plain.slice(end)));
  return terms;
}

function beginning(term: string): string {
  return term.length <= maxTermLength ? term : [...term].slice(0, maxTermLength).join('');
}

/** Whether the term is of a script without spaces, so that a single character may begin a pair. */
export function isUnspaced(term: string): boolean {
  return term.replaceAll(unspacedForm, '') === '';
}
