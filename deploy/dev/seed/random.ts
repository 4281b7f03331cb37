/** A source of repeatable chance: the same seed gives the same choices on every machine. */
export type Random = {
  /** From 0 up to but not 1. */
  next(): number;
  /** A whole number from 0 up to but not `limit`. */
  below(limit: number): number;
  pick<T>(choices: readonly T[]): T;
  chance(probability: number): boolean;
};

export function createRandom(seed: string): Random {
  const next = sfc32(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    pick<T>(choices: readonly T[]): T {
      if (choices.length === 0) throw new RangeError('There is nothing to pick from.');
      return choices[below(choices.length)] as T;
    },
    chance: (probability) => next() < probability,
  };
}

/** Chris Doty-Humphrey's Small Fast Counter: 128 bits of state, passes PractRand. */
function sfc32(seed: string): () => number {
  let [a, b, c] = [hash(seed, 1), hash(seed, 2), hash(seed, 3)];
  let counter = 1;
  const step = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round++) step();
  return () => step() / 2 ** 32;
}

/** FNV-1a, mixed once more so that seeds that differ in the last digit do not stay alike. */
function hash(text: string, salt: number): number {
  let value = 0x811c9dc5 ^ salt;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) | 0;
}
