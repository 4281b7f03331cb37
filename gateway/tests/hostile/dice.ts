import fc from 'fast-check';

/** Decisions of a generator, all drawn from fast-check, so that they can be seen again and made smaller. */
export type Dice = {
  /** True in so many of a hundred cases. */
  chance(percent: number): boolean;
  /** The same for what makes a document invalid; never in a document that is meant to be valid. */
  slips(percent: number): boolean;
  pick<T>(items: readonly T[]): T;
  integer(min: number, max: number): number;
  draw<T>(values: fc.Arbitrary<T>): T;
};

const flawedPercent = 40;

export function createDice(random: fc.GeneratorValue): Dice {
  const integer = (min: number, max: number): number => random(fc.integer, { min, max });
  const chance = (percent: number) => integer(0, 99) >= 100 - percent;
  const isFlawed = chance(flawedPercent);
  return {
    chance,
    slips: (percent) => isFlawed && chance(percent),
    pick: <T>(items: readonly T[]) => items[integer(0, items.length - 1)] as T,
    integer,
    draw: (values) => random(() => values),
  };
}
