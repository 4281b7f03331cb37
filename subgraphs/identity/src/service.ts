import { announceEndedSession, openRedis } from '@nova/cache';
import { createIdentityVerifier, type Metrics, type StopStack } from '@nova/runtime';
import { type RunningService, type ServiceOverrides, type ServiceParts, startService } from '@nova/subgraph';
import { createAccountCommands } from './accounts/account-commands.ts';
import { eraseAccount, findActiveAccount, findUndeletedAccount, lockAccount } from './accounts/account-repository.ts';
import { createPasswordHasher } from './accounts/password-hasher.ts';
import type { Config } from './config.ts';
import { consumers } from './consumers/index.ts';
import type { Tables } from './db/tables.ts';
import type { Deps } from './deps.ts';
import { createEraseUser } from './erasure/erase-user.ts';
import { readAccess } from './grants/account-access.ts';
import { createGrantCommands } from './grants/grant-commands.ts';
import { deleteGrants } from './grants/grant-repository.ts';
import { type Context, createContext } from './graphql/context.ts';
import { resolvers } from './graphql/resolvers/index.ts';
import { identityService } from './grpc/identity-service.ts';
import { jwksPath, serveJwks } from './http/jwks-route.ts';
import { revokedSessionsPath, serveRevokedSessions } from './http/revoked-sessions-route.ts';
import { type AccessTokenSigner, createAccessTokenSigner } from './sessions/access-token-signer.ts';
import { createAccessTokenVerifier } from './sessions/access-token-verifier.ts';
import { createRevokedSessions } from './sessions/revoked-sessions.ts';
import { createSessionCommands } from './sessions/session-commands.ts';
import { eraseSessions } from './sessions/session-repository.ts';
import { createTelemetry } from './telemetry.ts';

export type IdentityService = RunningService & { readonly jwksUrl: string; readonly revokedSessionsUrl: string };

/** Starts identity: accounts, sessions and the keys of access tokens. */
export async function createIdentityService(
  config: Config,
  overrides: ServiceOverrides = {},
): Promise<IdentityService> {
  const signer = await createAccessTokenSigner(config.accessToken);
  const service = await startService<Tables, Context>({
    name: 'identity',
    config,
    overrides,
    async build(parts) {
      const deps = await createDeps(config, { ...parts, signer });
      const accessTokenSeconds = config.accessToken.lifetimeSeconds;
      const revokedSessions = createRevokedSessions({ db: parts.db, accessTokenSeconds });
      const verifyIdentity = createIdentityVerifier(config.identityPublicKey);
      return {
        graphql: {
          resolvers,
          createContext: (request) => createContext(request, deps),
          routes(app) {
            serveJwks(app, signer.jwks);
            serveRevokedSessions(app, { revokedSessions, verifyIdentity });
          },
        },
        grpc: [identityService(deps)],
        consumers: consumers(deps),
      };
    },
  });
  const { graphqlUrl } = service;
  const urlOf = (path: string) => graphqlUrl && new URL(path, graphqlUrl).href;
  return { ...service, jwksUrl: urlOf(jwksPath), revokedSessionsUrl: urlOf(revokedSessionsPath) };
}

async function createDeps(
  config: Config,
  { db, signer, log, metrics, stack }: ServiceParts<Tables> & { signer: AccessTokenSigner },
): Promise<Deps> {
  const { lockout, refreshTokenDays } = config;
  const telemetry = createTelemetry(log, metrics);
  const passwords = await createPasswordHasher({ ...config.passwords, onWork: telemetry.passwordWorkBegan });
  const sessions = createSessionCommands({
    db,
    signer,
    refreshTokenDays,
    permissionsOf: async (account) => (await readAccess(db, account)).permissions,
    findActiveAccount,
    telemetry,
    announceEnd: createAnnounceEnd(config, metrics, stack),
  });
  const { open: openSession, issueTokens } = sessions;
  const accounts = createAccountCommands({ db, passwords, lockout, openSession, issueTokens, telemetry });
  const grants = createGrantCommands({ db, lockAccount, findAccount: findUndeletedAccount });
  const verifyAccessToken = createAccessTokenVerifier({ db, jwks: signer.jwks, findActiveAccount });
  const eraseUser = createEraseUser([eraseAccount, eraseSessions, deleteGrants]);
  return { db, accounts, sessions, grants, eraseUser, verifyAccessToken };
}

/** Without Redis gateways find out when they ask next. */
function createAnnounceEnd({ redisUrl }: Config, metrics: Metrics, stack: StopStack): (sessionId: string) => void {
  if (redisUrl === undefined) return () => undefined;
  const redis = openRedis({ url: redisUrl, name: 'nova-identity', metrics });
  stack.add('redis', async () => redis.stop());
  return (id) => announceEndedSession(redis, { id, revokedAtMs: Date.now() });
}
