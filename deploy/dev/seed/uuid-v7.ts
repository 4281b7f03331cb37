import type { Random } from './random.ts';

/** A version 7 UUID whose time is `time`, to the millisecond, so that ids sort as their rows came into being. */
export function uuidV7(time: Date, random: Random): string {
  const milliseconds = time.getTime().toString(16).padStart(12, '0');
  const head = `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-7${hex(random, 3)}`;
  const variant = (8 + random.below(4)).toString(16);
  return `${head}-${variant}${hex(random, 3)}-${hex(random, 6)}${hex(random, 6)}`;
}

function hex(random: Random, digits: number): string {
  return random
    .below(16 ** digits)
    .toString(16)
    .padStart(digits, '0');
}
