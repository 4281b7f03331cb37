import type { RequestContext } from '@nova/subgraph';
import type { Deps } from '../deps.ts';
import { createLoaders, type Loaders } from './loaders.ts';

export type Context = RequestContext & Omit<Deps, 'db'> & { readonly loaders: Loaders };

export function createContext(request: RequestContext, deps: Deps): Context {
  const { db, ...services } = deps;
  return { ...request, ...services, loaders: createLoaders(db, request.identity) };
}
