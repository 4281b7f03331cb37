import { writeFile } from 'node:fs/promises';
import { composeSupergraph } from '@nova/registry';
import { expect } from 'vitest';
import { startWorld, type World } from './_world.ts';

/** Six subgraphs that each have everything: the ways to fetch a tree of it are more than can be compared. */
function tangledSupergraph(): string {
  const types = ['X', 'Y', 'Z'];
  const sdl = (name: string) => `
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable"])
    type Query { node: Node @shareable }
    ${name === 'a' ? 'type Mutation { renew: Node }' : ''}
    interface Node { id: ID! next: Node other: Node name: String }
    ${types
      .map(
        (type) => `type ${type} implements Node @key(fields: "id") {
          id: ID! next: Node @shareable other: Node @shareable name: String @shareable ${name}Of${type}: Int }`,
      )
      .join('\n')}`;
  const subgraphs = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ name, url: 'http://127.0.0.1:1', sdl: sdl(name) }));
  const result = composeSupergraph(subgraphs);
  if (result.kind === 'failed') throw new Error(result.errors.join('\n'));
  return result.supergraphSdl;
}

export const tree = (depth: number): string =>
  depth === 0 ? 'name' : `next { ${tree(depth - 1)} } other { ... on X { aOfX bOfX } ${tree(depth - 1)} }`;

/** A gateway over a supergraph in which `hardQuery`, of less than 500 bytes, would be planned for minutes. */
export async function startTangledWorld(): Promise<{ world: World; hardQuery: string }> {
  const world = await startWorld({ MAX_SELECTIONS: '10000', MAX_COMPLEXITY: '100000', PLAN_THREADS: '2' });
  await writeFile(world.supergraphFile, tangledSupergraph());
  await expect
    .poll(async () => (await world.post({ query: '{ node { id } }' })).refusal.code)
    .toBe('SUBGRAPH_UNAVAILABLE');
  return { world, hardQuery: `{ node { ${tree(3)} } }` };
}
