import { createLogger } from '@nova/runtime';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { createGateway, type Gateway } from '../src/gateway.ts';
import { type Answer, send, startWorld, type World } from './_world.ts';
import { createDice } from './hostile/dice.ts';
import { generateOperation } from './hostile/generated-operation.ts';

let world: World;
let stock: Gateway;
let headers: Record<string, string>;
beforeAll(async () => {
  world = await startWorld({ MAX_COMPLEXITY: '100000', MAX_FETCHES: '1000', MAX_WAVES: '100' });
  const log = createLogger({ service: 'test', level: 'silent' });
  stock = await createGateway(toConfig(readEnv({ ...world.env, GATEWAY_ENGINE: 'apollo' })), { log });
  headers = { 'content-type': 'application/json', authorization: `Bearer ${await world.issuer.token()}` };
});
afterAll(async () => {
  await stock.stop();
  await world.stop();
});

/** Values of the subgraphs' data, keys among them. */
const values = ['u1', 'u2', 'ada', 'grace', 'p1', 'p2', 'p3', 'Post 1', 'Post 2', 'p1c1', 'First!', 4, 2, true, false];
/** The stock engine gives up a whole answer for an object, a list or a wrong __typename where none may be. */
const instead = [null, 'x', 7];

test('whatever subgraphs leave out or get wrong, the nulls are those of @apollo/gateway, and are explained', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (random) => {
      const dice = createDice(random);
      const { query, variables } = generateOperation(dice);
      const wrong = new Map<unknown, unknown>();
      for (let count = dice.integer(1, 4); count > 0; count -= 1) wrong.set(dice.pick(values), dice.pick(instead));
      for (const subgraph of Object.values(world.subgraphs))
        subgraph.distort((value) => (wrong.has(value) ? wrong.get(value) : value));
      const body = JSON.stringify({ query, variables });
      const own = await world.post(body, headers);
      if (own.body.data === undefined) return;
      const other = await send(`${stock.url}/graphql`, { method: 'POST', headers, body });
      expect(summary(own, query, wrong)).toEqual(summary(other, query, wrong));
      compared += 1;
    }),
    { numRuns: 300, endOnFailure: true },
  );
  for (const subgraph of Object.values(world.subgraphs)) subgraph.distort(undefined);
  expect(compared).toBeGreaterThan(100);
});

function summary({ body }: Answer, query: string, wrong: ReadonlyMap<unknown, unknown>) {
  return { query, wrong: [...wrong], data: body.data ?? null, fails: body.errors !== undefined };
}
