import type { CostInput } from '@nova/federation';
import type { DocumentNode } from 'graphql';

const maxRemembered = 100;

/**
 * Remembers costs by document and by what of the variables can change a cost: numbers, truths, and whether there is a
 * value at all. Texts cannot, and variables that are lists or objects are not remembered.
 */
export function createRememberedCost(): (input: CostInput, compute: (input: CostInput) => number) => number {
  const costs = new WeakMap<DocumentNode, Map<string, number>>();
  return (input, compute) => {
    const key = costKey(input);
    if (key === undefined) return compute(input);
    let known = costs.get(input.document);
    if (!known) {
      known = new Map();
      costs.set(input.document, known);
    }
    let cost = known.get(key);
    if (cost === undefined) {
      cost = compute(input);
      if (known.size >= maxRemembered) known.clear();
      known.set(key, cost);
    }
    return cost;
  };
}

function costKey({ operation, variables }: CostInput): string | undefined {
  let key = operation.name?.value ?? '';
  for (const { variable } of operation.variableDefinitions ?? []) {
    const value = variables[variable.name.value];
    if (typeof value === 'object' && value !== null) return undefined;
    key += typeof value === 'string' ? '|text' : `|${value}`;
  }
  return key;
}
