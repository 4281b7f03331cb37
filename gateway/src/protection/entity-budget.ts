import { type Excess, excessOf } from './limits.ts';

/** Entities that an operation has asked subgraphs for by reference. */
export type EntityUse = {
  readonly total: number;
  /** How many of them the fetch asks for that is about to be made, and where most of those stand. */
  readonly count: number;
  readonly path: string;
};

/** How many entities there are is known only from the answers: it is counted before each fetch. */
export function entityExcess({ total, count, path }: EntityUse, maxEntities: number): Excess | undefined {
  return excessOf('entities', [total, maxEntities], () => ({
    sentence: ` The last ${count} of them are at ${path}.`,
    details: { costliestPath: path },
  }));
}
