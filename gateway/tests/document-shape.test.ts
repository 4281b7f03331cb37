import fc from 'fast-check';
import { type DocumentNode, type FragmentDefinitionNode, Kind, parse, type SelectionSetNode } from 'graphql';
import { expect, test } from 'vitest';
import { documentShape } from '../src/protection/document-shape.ts';

/** The same by writing every fragment out, which only small documents survive. */
function countByExpanding(document: DocumentNode): number {
  const fragments = document.definitions.filter(
    (it): it is FragmentDefinitionNode => it.kind === Kind.FRAGMENT_DEFINITION,
  );
  const count = (set: SelectionSetNode): number =>
    set.selections.reduce((sum, selection) => {
      if (selection.kind !== Kind.FRAGMENT_SPREAD)
        return sum + 1 + (selection.selectionSet ? count(selection.selectionSet) : 0);
      const fragment = fragments.find(({ name }) => name.value === selection.name.value);
      return sum + 1 + (fragment ? count(fragment.selectionSet) : 0);
    }, 0);
  const operations = document.definitions.filter((it) => it.kind === Kind.OPERATION_DEFINITION);
  return Math.max(...operations.map(({ selectionSet }) => count(selectionSet)));
}

/** Documents whose fragments spread later ones only. */
const anyDocument = fc.integer({ min: 0, max: 5 }).chain((fragmentCount) => {
  const selections = (after: number) =>
    fc.letrec<{ set: string }>((tie) => ({
      set: fc
        .array(
          fc.oneof(
            { maxDepth: 3 },
            fc.constantFrom(
              'a',
              'b: a',
              '__typename',
              ...Array.from({ length: fragmentCount - after }, (_, i) => `...F${after + i}`),
            ),
            tie('set').map((set) => `a { ${set} }`),
            tie('set').map((set) => `... on T { ${set} }`),
          ),
          { minLength: 1, maxLength: 4 },
        )
        .map((parts) => parts.join(' ')),
    })).set;
  const fragments = Array.from({ length: fragmentCount }, (_, index) =>
    selections(index + 1).map((set) => `fragment F${index} on T { ${set} }`),
  );
  return fc
    .tuple(selections(0), selections(0), ...fragments)
    .map(([first, second, ...rest]) => parse(`query A { ${first} } query B { ${second} } ${rest.join(' ')}`));
});

test('the count is that of the largest operation with its fragments written out', () => {
  fc.assert(
    fc.property(anyDocument, (document) => {
      expect(documentShape(document)).toMatchObject({ selections: countByExpanding(document), expandable: true });
    }),
  );
});

test('a document that has no expanded form is said to have none, whichever fragment is to blame', () => {
  for (const text of [
    '{ ...A } fragment A on T { ...A }',
    '{ a } fragment A on T { ...B } fragment B on T { a { ...A } }',
    '{ ...missing }',
    '{ ...toString }',
  ])
    expect(documentShape(parse(text)).expandable).toBe(false);
});

test('a count beyond all numbers is capped', () => {
  const fragments = Array.from({ length: 2_000 }, (_, i) => `fragment F${i} on T { ...F${i + 1} ...F${i + 1} }`).join(
    ' ',
  );
  const { selections } = documentShape(parse(`{ ...F0 } ${fragments} fragment F2000 on T { a }`));
  expect(Number.isSafeInteger(selections)).toBe(true);
});
