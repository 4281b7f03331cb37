import type { RequestContext } from '@nova/subgraph';
import { createStandings } from '../audiences/standings.ts';
import { requireVisibleComment } from '../comments/visible-comments.ts';
import type { Deps } from '../deps.ts';
import { requireVisiblePost } from '../posts/visible-posts.ts';
import { createLoaders, type Loaders } from './loaders.ts';

export type Context = RequestContext &
  Omit<Deps, 'db' | 'storedPosts' | 'relations'> & {
    readonly loaders: Loaders;
    /** Throws NOT_FOUND unless the viewer sees the post, and the comment on it when one is to be answered; SERVICE_UNAVAILABLE without social. */
    requireVisible(target: { readonly postId: string; readonly parentId: string | null }): Promise<void>;
  };

export function createContext(request: RequestContext, { db, storedPosts, relations, ...services }: Deps): Context {
  const { identity, log } = request;
  const standings = createStandings({
    viewerId: identity.kind === 'user' ? identity.userId : undefined,
    ask: (viewerId, otherIds) => relations.standings(viewerId, otherIds, request),
    onAway: (error) => log.warn({ err: error }, 'social is away; only what is public is shown'),
  });
  const sources = { db, storedPosts, standings };
  return {
    ...request,
    ...services,
    loaders: createLoaders(sources),
    requireVisible: ({ postId, parentId }) =>
      parentId === null
        ? requireVisiblePost(sources, postId)
        : requireVisibleComment(sources, { id: parentId, postId }),
  };
}
