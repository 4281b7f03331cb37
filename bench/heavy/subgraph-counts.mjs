import { once } from 'node:events';

/** What the subgraphs were asked since the last time, as federation/server.mjs says. */
export async function takeCounts(subgraphs) {
  subgraphs.send({ type: 'count' });
  const [counts] = await once(subgraphs, 'message');
  return counts;
}
