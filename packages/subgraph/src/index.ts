export type { FastifyInstance as HttpApp } from 'fastify';
export { type Accounts, createAccounts } from './accounts.ts';
export { type ConnectionLoader, createConnectionLoader, createPageLoader } from './connection-loader.ts';
export { keepOnlyFor } from './keep-only-for.ts';
export { createLoader, type Loader } from './loader.ts';
export type { RequestContext } from './request-context.ts';
export { type Role, readRoles, roles } from './roles.ts';
export { type SubgraphServer, startSubgraphServer } from './server.ts';
export {
  type RunningService,
  type ServiceDoors,
  type ServiceOverrides,
  type ServiceParts,
  startService,
} from './service.ts';
export {
  peerSettings,
  type SubgraphConfig,
  subgraphSettings,
  toSubgraphConfig,
} from './subgraph-settings.ts';
export { requireUser } from './viewer.ts';
