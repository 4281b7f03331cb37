import { composeSupergraph } from '@nova/registry';
import { subgraphSdl } from '@nova/schema';

/** The domains that a test's gateway has around it. */
export const worldDomains = ['content', 'identity', 'user'] as const;

/** Their supergraph. */
export function worldSupergraph(): string {
  kept ??= composed(subgraphSdl);
  return kept;
}
let kept: string | undefined;

/** The supergraph after the owner of `name` has changed its SDL. */
export function composedWith(name: string, change: (sdl: string) => string): string {
  return composed((subgraph) => (subgraph === name ? change(subgraphSdl(subgraph)) : subgraphSdl(subgraph)));
}

function composed(sdlOf: (subgraph: string) => string): string {
  const result = composeSupergraph(
    worldDomains.map((name) => ({ name, url: 'http://127.0.0.1:1/graphql', sdl: sdlOf(name) })),
  );
  if (result.kind === 'failed') throw new Error(result.errors.join('\n'));
  return result.supergraphSdl;
}

/** `User` has a field more. */
export const withMotto = () =>
  composedWith('user', (sdl) => sdl.replace('bio: String\n', 'bio: String\n  motto: String\n'));
