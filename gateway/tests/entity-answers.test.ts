import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './_world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const query = '{ posts(first: 3) { nodes { author { id bio } } } }';
const bio = (value: string) => ({ __typename: 'User', bio: value });

/** What becomes of the three authors when their subgraph answers them with that. */
async function authorsFrom(entities: unknown) {
  world.subgraphs.user.misbehave((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ data: { _entities: entities } }));
  });
  const { status, body } = await world.post({ query });
  expect([status, world.subgraphs.user.calls.at(-1)?.variables.representations]).toEqual([
    200,
    ['u1', 'u2', 'u3'].map((id) => ({ __typename: 'User', id })),
  ]);
  return {
    authors: body.data.posts.nodes.map(({ author }: { author: object }) => author),
    codes: (body.errors ?? []).map(({ extensions }: { extensions: { code: string } }) => extensions.code),
  };
}

const withBios = (...bios: ReadonlyArray<string | null>) => bios.map((it, at) => ({ id: `u${at + 1}`, bio: it }));

test('an entity that its subgraph does not know costs its own fields: the others stay where they were asked for', async () => {
  const known = await authorsFrom([bio('first'), null, bio('third')]);
  expect(known).toEqual({ authors: withBios('first', null, 'third'), codes: [] });
  expect(await authorsFrom([null, null, null])).toEqual({ authors: withBios(null, null, null), codes: [] });
});

test.each([
  ['one too few', [bio('first'), bio('second')]],
  ['one too many', [bio('first'), bio('second'), bio('third'), bio('fourth')]],
])(
  'of a list of entities with %s nobody can say whose they are: nobody gets one, and it is told',
  async (_what, list) => {
    expect(await authorsFrom(list)).toEqual({ authors: withBios(null, null, null), codes: [expect.any(String)] });
  },
);
