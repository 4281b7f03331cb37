import type { Random } from './random.ts';

/**
 * Draws indexes from 0 up to but not `count`, a few of them very often and most of them seldom: the k-th most
 * favoured has the weight `1 / (k + flatness) ** exponent` (Zipf and Mandelbrot). Who is favoured is shuffled.
 */
export function powerLaw(options: { count: number; exponent: number; flatness: number; random: Random }): () => number {
  const { count, exponent, flatness, random } = options;
  const favoured = shuffled(count, random);
  const upTo = new Float64Array(count);
  let total = 0;
  for (let rank = 0; rank < count; rank++) {
    total += (rank + 1 + flatness) ** -exponent;
    upTo[rank] = total;
  }
  return () => favoured[firstAbove(upTo, random.next() * total)] as number;
}

function shuffled(count: number, random: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}

function firstAbove(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
