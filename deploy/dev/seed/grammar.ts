import type { Random } from './random.ts';

/** What fills the slots of a template: one text, or several to choose from. */
export type Words = Readonly<Record<string, string | readonly string[]>>;

/** The word that each slot was filled with. */
export type Said = Map<string, string>;

/**
 * Replaces each `{slot}` of a template by a word, the same one throughout, and mends articles and capitals. `said`
 * receives the words that were chosen. Throws for an unknown slot.
 */
export function fill(template: string, words: Words, context: { random: Random; said?: Said }): string {
  const { random, said = new Map() } = context;
  const text = template.replaceAll(/\{(=?\w+)\}/g, (_, slot: string) => {
    const choices = words[slot];
    if (choices === undefined) throw new Error(`No words for {${slot}} in "${template}"`);
    const word = said.get(slot) ?? (typeof choices === 'string' ? choices : random.pick(choices));
    said.set(slot, word);
    return word;
  });
  const withArticles = text.replaceAll(/\b([Aa]) (?=[aeioAEIO])/g, '$1n ');
  return withArticles.replaceAll(
    /(^|[.!?] )([a-z])/g,
    (_, before: string, letter: string) => before + letter.toUpperCase(),
  );
}

/**
 * The words for an answer to a text: `{=slot}` repeats what the text said, `{slot}` says something else.
 */
export function wordsToAnswer(words: Words, said: ReadonlyMap<string, string>): Words {
  const others = Object.entries(words).map(([slot, choices]) => {
    const word = said.get(slot);
    if (word === undefined || typeof choices === 'string') return [slot, choices] as const;
    return [slot, choices.filter((choice) => choice !== word)] as const;
  });
  const repeated = [...said].map(([slot, word]) => [`=${slot}`, word] as const);
  return Object.fromEntries([...others, ...repeated]);
}

/** Whether all words that a template repeats were said. */
export function answers(template: string, said: ReadonlyMap<string, string>): boolean {
  return [...template.matchAll(/\{=(\w+)\}/g)].every(([, slot]) => said.has(slot as string));
}

/** Words that any topic may use. */
export const everydayWords = {
  when: [
    'before work',
    'at sunrise',
    'during my lunch break',
    'after dinner',
    'late last night',
    'yesterday evening',
    'on Sunday afternoon',
    'on my day off',
    'between two meetings',
    'while everyone else was asleep',
  ],
  weather: [
    'in light rain',
    'under a clear sky',
    'in thick fog',
    'with the wind in my face',
    'in heavy rain',
    'just before the storm',
    'in perfect stillness',
    'with not a cloud in sight',
  ],
  feeling: [
    'calm',
    'tired but happy',
    'proud',
    'lucky',
    'ten years younger',
    'strangely patient',
    'wide awake',
    'grateful',
  ],
  company: [
    'my sister',
    'my brother',
    'an old friend',
    'two colleagues',
    'my neighbour',
    'my dad',
    'my mum',
    'my daughter',
    'my son',
    'my partner',
    'my flatmate',
  ],
  often: ['once a week', 'every other day', 'twice a month', 'whenever I can', 'every Saturday', 'far too seldom'],
} as const;
