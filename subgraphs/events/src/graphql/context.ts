import type { RequestContext } from '@nova/subgraph';
import type { Deps } from '../deps.ts';
import { createLoaders, type Loaders } from './loaders.ts';

export type Context = RequestContext & Omit<Deps, 'db' | 'owners'> & { readonly loaders: Loaders };

export function createContext(request: RequestContext, deps: Deps): Context {
  const { eventTypes, deadLetters } = deps;
  return { ...request, eventTypes, deadLetters, loaders: createLoaders(deps, request) };
}
