import type { RequestContext } from '@nova/subgraph';
import type { Deps } from '../deps.ts';

export type Context = RequestContext & Pick<Deps, 'searches'>;

export function createContext(request: RequestContext, { searches }: Deps): Context {
  return { ...request, searches };
}
