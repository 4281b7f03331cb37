import type { RequestContext } from '@nova/subgraph';
import type { Deps } from '../deps.ts';
import { createLoaders, type Loaders } from './loaders.ts';

export type Context = RequestContext &
  Pick<Deps, 'accounts' | 'posts' | 'relations' | 'likes'> & { readonly loaders: Loaders };

export function createContext(request: RequestContext, deps: Deps): Context {
  const { db, accounts, posts, relations, likes, likeCounts } = deps;
  const loaders = createLoaders({ db, likeCounts, posts, request });
  return { ...request, accounts, posts, relations, likes, loaders };
}
