import fc from 'fast-check';
import { buildSchema, type OperationDefinitionNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import { createRememberedCost } from '../src/protection/remembered-cost.ts';

const schema = buildSchema('type Query { a: Int }');
const document = parse('query A($n: Int, $x: Boolean, $s: String, $i: In) { a } query B($n: Int) { a }');
const [a, b] = document.definitions as [OperationDefinitionNode, OperationDefinitionNode];

test('a cost is computed once for variables that cannot tell costs apart', () => {
  const remembered = createRememberedCost();
  let computed = 0;
  const cost = (operation: OperationDefinitionNode, variables: Record<string, unknown>) =>
    remembered({ schema, document, operation, variables }, () => (computed += 1));
  expect(cost(a, { n: 1, s: 'cursor' })).toBe(1);
  expect(cost(a, { n: 1, s: 'another cursor', unused: 7 })).toBe(1);
  expect(cost(a, { n: 2, s: 'cursor' })).toBe(2);
  expect(cost(a, { n: 1 })).toBe(3);
  expect(cost(a, { n: null, s: 'cursor' })).toBe(4);
  expect(cost(b, { n: 1 })).toBe(5);
  expect(cost(a, { i: {} })).toBe(6);
  expect(cost(a, { i: {} })).toBe(7);
});

test('what is remembered is what would be computed, for all variables', () => {
  const remembered = createRememberedCost();
  const compute = ({ variables: { n, x, s, i } }: { variables: Readonly<Record<string, unknown>> }) =>
    (typeof n === 'number' ? n : 20) + (x ? 7 : 0) + (s == null ? 0 : 3) + JSON.stringify(i ?? null).length;
  const variables = fc.record(
    {
      n: fc.oneof(fc.integer(), fc.constant(null)),
      x: fc.option(fc.boolean()),
      s: fc.option(fc.string()),
      i: fc.option(fc.dictionary(fc.string(), fc.integer())),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(variables, (given) => {
      const input = { schema, document, operation: a, variables: given };
      expect(remembered(input, compute)).toBe(compute(input));
    }),
    { numRuns: 1_000 },
  );
});
