import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './_world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test('posts with authors and comments are answered over two subgraphs in two waves', async () => {
  const { status, body } = await world.post({
    query:
      '{ posts(first: 2) { nodes { id author { displayName } comments { nodes { body author { username } } } } } }',
  });
  expect(body.errors).toBeUndefined();
  expect(status).toBe(200);
  expect(body.data.posts.nodes[0].author.displayName).toBe('ADA');
});
