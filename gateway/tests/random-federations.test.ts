import { StopStack } from '@nova/runtime';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SubgraphSdl } from './_federation-facts.ts';
import { generateFederation } from './_random-federation.ts';
import { generateOperation } from './_random-operation.ts';
import { type Federation, openFederation, serveFederation } from './_served-federation.ts';
import { type Surroundings, startSurroundings } from './_surroundings.ts';
import { manifestOf } from './_world.ts';
import { createDice, type Dice } from './hostile/dice.ts';

/** More by hand: FEDERATIONS=500 OPERATIONS=40. The same again: SEED, as fast-check prints it. */
const federations = Number(process.env.FEDERATIONS ?? 12);
const operationsOfEach = Number(process.env.OPERATIONS ?? 25);
const seed = process.env.SEED === undefined ? undefined : Number(process.env.SEED);

const stack = new StopStack();
let surroundings: Surroundings;
beforeAll(async () => {
  surroundings = await startSurroundings(stack, manifestOf([]));
});
afterAll(() => stack.stop());

/** Asks both, so many times, and says how often it did: some of what is drawn is no valid operation. */
async function compare(federation: Federation, subgraphs: readonly SubgraphSdl[], dice: Dice): Promise<number> {
  const sdls = subgraphs.map(({ sdl }) => sdl);
  let compared = 0;
  for (let count = 0; count < operationsOfEach; count += 1) {
    const operation = generateOperation(federation.schema, dice);
    if (!operation) continue;
    const [given, expected] = [await federation.ask(operation), await federation.askOneServer(operation)];
    expect({ ...given, operation, sdls }).toEqual({ ...expected, operation, sdls });
    compared += 1;
  }
  return compared;
}

test('whatever subgraphs make up a graph and whatever is asked of it, the answer is the one that a single server would give', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (random) => {
      const dice = createDice(random);
      const subgraphs = generateFederation(dice);
      const federation = openFederation(subgraphs);
      fc.pre(federation !== undefined);
      compared += await compare(federation as Federation, subgraphs, dice);
    }),
    { numRuns: federations, endOnFailure: true, ...(seed !== undefined && { seed }) },
  );
  expect(compared).toBeGreaterThan((federations * operationsOfEach) / 2);
});

test('the same holds through HTTP', async () => {
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (random) => {
      const dice = createDice(random);
      const subgraphs = generateFederation(dice);
      const served = await serveFederation(subgraphs, surroundings);
      fc.pre(served !== undefined);
      try {
        await compare(served as Federation, subgraphs, dice);
      } finally {
        await served?.stop();
      }
    }),
    { numRuns: 1, endOnFailure: true, ...(seed !== undefined && { seed }) },
  );
});
