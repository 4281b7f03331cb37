import { expect, test } from 'vitest';
import { flawless, judge } from './_harness/judge.ts';

const published = (text: string) =>
  text.split(' ').map((event) => ({ key: event.slice(0, 1), change: Number(event.slice(1)) }));
const committed = new Map([
  ['a', 3],
  ['b', 1],
]);

test('the judge of the fault tests counts what is lost, strange, out of order and repeated', () => {
  expect(judge(committed, published('a1 b1 a2 a3'))).toEqual(flawless);
  expect(judge(committed, published('a1 a3'))).toEqual({ ...flawless, lost: 2 });
  expect(judge(committed, published('a1 b1 b2 a2 a3'))).toEqual({ ...flawless, strangers: 1 });
  expect(judge(committed, published('b1 a2 a1 a3'))).toEqual({ ...flawless, inversions: 1 });
  expect(judge(committed, published('a1 a2 a1 a2 b1 a3'))).toEqual({ ...flawless, duplicates: 2 });
});
