import { composeSupergraph } from '@nova/registry';
import { subgraphNames, subgraphSdl } from '@nova/schema';

/** The supergraph after the owner of `name` has changed its SDL. */
export function composedWith(name: string, change: (sdl: string) => string): string {
  const result = composeSupergraph(
    subgraphNames().map((subgraph) => ({
      name: subgraph,
      url: 'http://127.0.0.1:1/graphql',
      sdl: subgraph === name ? change(subgraphSdl(subgraph)) : subgraphSdl(subgraph),
    })),
  );
  if (result.kind === 'failed') throw new Error(result.errors.join('\n'));
  return result.supergraphSdl;
}

/** `User` has a field more. */
export const withMotto = () =>
  composedWith('user', (sdl) => sdl.replace('bio: String\n', 'bio: String\n  motto: String\n'));
