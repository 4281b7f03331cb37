import type { Identity } from '@nova/runtime';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOneServer } from './_one-server.ts';
import { startWorld, type World } from './_world.ts';
import { createDice } from './hostile/dice.ts';
import { generateOperation } from './hostile/generated-operation.ts';

let world: World;
let authorization: string;
beforeAll(async () => {
  world = await startWorld({ MAX_COMPLEXITY: '100000', MAX_FETCHES: '1000', MAX_WAVES: '100' });
  authorization = `Bearer ${await world.issuer.token()}`;
});
afterAll(() => world.stop());

const askOneServer = createOneServer();
const permissions = ['write:posts', 'write:profile'];
const ada: Identity = { kind: 'user', userId: 'u1', sessionId: 's1', permissions };

test('whatever is asked, the answer over three subgraphs is the one that a single server would give', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (random) => {
      const { query, variables } = generateOperation(createDice(random));
      const { status, body } = await world.post({ query, variables }, { authorization });
      // What is refused before it is executed has no data.
      if (body.data === undefined) return;
      const expected = await askOneServer(query, variables, ada);
      expect({ status, query, variables, data: body.data, fails: body.errors !== undefined }).toEqual({
        status,
        query,
        variables,
        data: JSON.parse(JSON.stringify(expected.data)),
        fails: expected.errors !== undefined,
      });
      compared += 1;
    }),
    { numRuns: 500 },
  );
  expect(compared).toBeGreaterThan(150);
});
