import { openDatabase } from '@nova/postgres';
import {
  createIdentityVerifier,
  createLogger,
  createMetrics,
  type Logger,
  StopStack,
  startAdminServer,
} from '@nova/runtime';
import { startSubgraphServer } from '@nova/subgraph';
import type { Config } from './config.ts';
import type { Tables } from './db/tables.ts';
import type { Deps } from './deps.ts';
import { createContext } from './graphql/context.ts';
import { resolvers } from './graphql/resolvers/index.ts';
import { createAccounts } from './grpc/clients.ts';
import { createProfileCommands } from './profiles/profile-commands.ts';

export type UserService = { readonly graphqlUrl: string; readonly adminUrl: string; stop(): Promise<void> };

/** Starts user: profiles. A failed start leaves nothing running. */
export async function createUserService(config: Config, overrides: { log?: Logger } = {}): Promise<UserService> {
  const stack = new StopStack();
  try {
    return await start(config, stack, overrides.log ?? createLogger({ service: 'user', level: config.logLevel }));
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function start(config: Config, stack: StopStack, log: Logger): Promise<UserService> {
  const metrics = createMetrics('user');
  const database = openDatabase<Tables>({ ...config.database, applicationName: 'nova-user', log, metrics });
  stack.add('database', database.stop);
  const accounts = createAccounts(config.identityAddress);
  stack.add('identity client', accounts.stop);
  const { db } = database;
  const deps: Deps = { db, accounts, profiles: createProfileCommands({ db }) };
  const admin = await startAdminServer({
    host: config.host,
    port: config.ports.admin,
    metrics,
    checks: [stack.readiness, { name: 'database', check: database.check }],
  });
  stack.add('admin server', admin.stop);
  const graphql = await startSubgraphServer({
    name: 'user',
    host: config.host,
    port: config.ports.graphql,
    resolvers,
    createContext: (request) => createContext(request, deps),
    verifyIdentity: createIdentityVerifier(config.identityPublicKey),
    log,
    metrics,
  });
  stack.add('graphql server', graphql.stop);
  log.info({ graphqlUrl: graphql.url, adminUrl: admin.url }, 'user is ready');
  return { graphqlUrl: graphql.url, adminUrl: admin.url, stop: () => stack.stop() };
}
