import { databaseFailure, openDatabase } from '@nova/postgres';
import { readDescriptors, startRpcServer } from '@nova/rpc';
import {
  createIdentityVerifier,
  createLogger,
  createMetrics,
  type Logger,
  type Metrics,
  StopStack,
  startAdminServer,
} from '@nova/runtime';
import { startSubgraphServer } from '@nova/subgraph';
import type { Kysely } from 'kysely';
import { createAccountCommands } from './accounts/account-commands.ts';
import { findActiveAccount } from './accounts/account-repository.ts';
import { createPasswordHasher } from './accounts/password-hasher.ts';
import type { Config } from './config.ts';
import type { Tables } from './db/tables.ts';
import type { Deps } from './deps.ts';
import { createContext } from './graphql/context.ts';
import { resolvers } from './graphql/resolvers/index.ts';
import { identityService } from './grpc/identity-service.ts';
import { jwksPath, serveJwks } from './http/jwks-route.ts';
import { type AccessTokenSigner, createAccessTokenSigner } from './sessions/access-token-signer.ts';
import { createSessionCommands } from './sessions/session-commands.ts';
import { createTelemetry } from './telemetry.ts';

export type IdentityService = {
  readonly graphqlUrl: string;
  /** host:port */
  readonly grpcAddress: string;
  readonly adminUrl: string;
  readonly jwksUrl: string;
  stop(): Promise<void>;
};

/** Starts identity: accounts, sessions and the keys of access tokens. A failed start leaves nothing running. */
export async function createIdentityService(
  config: Config,
  overrides: { log?: Logger } = {},
): Promise<IdentityService> {
  const stack = new StopStack();
  try {
    return await start(config, stack, overrides.log ?? createLogger({ service: 'identity', level: config.logLevel }));
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function start(config: Config, stack: StopStack, log: Logger): Promise<IdentityService> {
  const metrics = createMetrics('identity');
  const database = openDatabase<Tables>({ ...config.database, applicationName: 'nova-identity', log, metrics });
  stack.add('database', database.stop);
  const signer = await createAccessTokenSigner(config.accessToken);
  const deps = await createDeps(config, { db: database.db, signer, log, metrics });
  const verifyIdentity = createIdentityVerifier(config.identityPublicKey);
  const { host, ports } = config;
  const checks = [stack.readiness, { name: 'database', check: database.check }];
  const admin = await startAdminServer({ host, port: ports.admin, metrics, checks });
  stack.add('admin server', admin.stop);
  const rpc = await startRpcServer({
    host,
    port: ports.grpc,
    services: [identityService(deps)],
    descriptors: readDescriptors(),
    verifyIdentity,
    nameFailure: databaseFailure,
    log,
    metrics,
  });
  stack.add('grpc server', rpc.stop);
  const graphql = await startSubgraphServer({
    name: 'identity',
    host,
    port: ports.graphql,
    resolvers,
    createContext: (request) => createContext(request, deps),
    verifyIdentity,
    log,
    metrics,
    routes: (app) => serveJwks(app, signer.jwks),
  });
  stack.add('graphql server', graphql.stop);
  const urls = {
    graphqlUrl: graphql.url,
    grpcAddress: `${host}:${rpc.port}`,
    adminUrl: admin.url,
    jwksUrl: new URL(jwksPath, graphql.url).href,
  };
  log.info(urls, 'identity is ready');
  return { ...urls, stop: () => stack.stop() };
}

async function createDeps(
  config: Config,
  parts: { db: Kysely<Tables>; signer: AccessTokenSigner; log: Logger; metrics: Metrics },
): Promise<Deps> {
  const { db, signer } = parts;
  const { lockout, refreshTokenDays } = config;
  const telemetry = createTelemetry(parts.log, parts.metrics);
  const passwords = await createPasswordHasher({ ...config.passwords, onWork: telemetry.passwordWorkBegan });
  const sessions = createSessionCommands({ db, signer, refreshTokenDays, findActiveAccount, telemetry });
  const { open: openSession, issueTokens } = sessions;
  const accounts = createAccountCommands({ db, passwords, lockout, openSession, issueTokens, telemetry });
  return { db, accounts, sessions };
}
