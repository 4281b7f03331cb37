export { createLoader, type Loader } from './loader.ts';
export type { RequestContext } from './request-context.ts';
export { scalarResolvers } from './scalars.ts';
export { startSubgraphServer, type SubgraphServer } from './server.ts';
export { requireUser } from './viewer.ts';
