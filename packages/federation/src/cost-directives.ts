import type { DocumentNode } from 'graphql';
import { linkedNames } from './linked-directives.ts';

/** What the directives of the cost specification are called in one supergraph. */
export type CostDirectiveNames = { readonly cost: string; readonly listSize: string };

const specification = { url: /\/cost\/v\d+\.\d+$/, namespace: 'cost' };

/** Undefined when the supergraph does not use the specification. */
export function costDirectiveNames(supergraph: DocumentNode): CostDirectiveNames | undefined {
  const [cost] = linkedNames(supergraph, { ...specification, directive: 'cost' });
  const [listSize] = linkedNames(supergraph, { ...specification, directive: 'listSize' });
  return cost !== undefined && listSize !== undefined ? { cost, listSize } : undefined;
}
