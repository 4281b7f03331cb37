import { announceEndedSession, openRedis } from '@nova/cache';
import { createIdentityVerifier, type Metrics, type StopStack } from '@nova/runtime';
import { type RunningService, type ServiceOverrides, type ServiceParts, startService } from '@nova/subgraph';
import { createAccountCommands } from './accounts/account-commands.ts';
import {
  eraseAccount,
  findAccountByEmail,
  findActiveAccount,
  findUndeletedAccount,
  forgetFailedLogins,
  hasPassword,
  lockAccount,
  lockForSignIn,
} from './accounts/account-repository.ts';
import { createAccount } from './accounts/create-account.ts';
import { createFailedLogins } from './accounts/failed-logins.ts';
import { createPasswordHasher } from './accounts/password-hasher.ts';
import { signInRefusal } from './accounts/sign-in-refusal.ts';
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
import { createAttempts } from './linked-accounts/attempts.ts';
import {
  createLinkedAccountCommands,
  type LinkedAccountCommands,
  type LinkedAccountDeps,
} from './linked-accounts/linked-account-commands.ts';
import { deleteLinks } from './linked-accounts/linked-account-repository.ts';
import { createGuardCode } from './second-factor/guard-code.ts';
import { createSecondFactorCommands } from './second-factor/second-factor-commands.ts';
import { deleteSecondFactor, hasSecondFactor } from './second-factor/second-factor-repository.ts';
import { createSecretBox } from './second-factor/secret-box.ts';
import { createUseCode } from './second-factor/use-code.ts';
import { type AccessTokenSigner, createAccessTokenSigner } from './sessions/access-token-signer.ts';
import { createAccessTokenVerifier } from './sessions/access-token-verifier.ts';
import { createRevokedSessions } from './sessions/revoked-sessions.ts';
import { createSessionCommands, type SessionCommands } from './sessions/session-commands.ts';
import { eraseSessions } from './sessions/session-repository.ts';
import { deleteChallenges } from './sign-in/challenge-repository.ts';
import { createSignIn } from './sign-in/sign-in.ts';
import { createTelemetry, type Telemetry } from './telemetry.ts';

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

async function createDeps(config: Config, parts: ServiceParts<Tables> & { signer: AccessTokenSigner }): Promise<Deps> {
  const { db, signer, log, metrics } = parts;
  const telemetry = createTelemetry(log, metrics);
  const passwords = await createPasswordHasher({ ...config.passwords, onWork: telemetry.passwordWorkBegan });
  const failedLogins = createFailedLogins({ db, lockout: config.lockout, telemetry });
  const sessions = createSessions(config, parts, telemetry);
  const box = createSecretBox(config.secondFactorKeys);
  const useCode = createUseCode(box);
  const guardCode = createGuardCode({ db, lockForSignIn, failedLogins });
  const signIn = createSignIn({
    db,
    challengeSeconds: config.challengeSeconds,
    lockForSignIn,
    forgetFailedLogins,
    hasSecondFactor,
    useCode,
    guardCode,
    openSession: sessions.open,
    issueTokens: sessions.issueTokens,
    telemetry,
  });
  const { providers, signInRedirectUrls: redirectUrls } = config;
  const attempts = createAttempts({ db, providers, redirectUrls });
  return {
    db,
    failedLogins,
    sessions,
    signIn,
    accounts: createAccountCommands({ db, passwords, failedLogins, signIn, telemetry }),
    secondFactors: createSecondFactorCommands({ db, box, useCode, guardCode, lockAccount, telemetry }),
    attempts,
    linkedAccounts: createLinkedAccounts({ db, attempts, signIn }),
    providers,
    grants: createGrantCommands({ db, lockAccount, findAccount: findUndeletedAccount }),
    eraseUser: createEraseUser([
      eraseAccount,
      eraseSessions,
      deleteGrants,
      deleteChallenges,
      deleteSecondFactor,
      deleteLinks,
    ]),
    verifyAccessToken: createAccessTokenVerifier({ db, jwks: signer.jwks, findActiveAccount }),
  };
}

function createLinkedAccounts(parts: Pick<LinkedAccountDeps, 'db' | 'attempts' | 'signIn'>): LinkedAccountCommands {
  const refusalOf = (accountId: string) => signInRefusal(parts.db, accountId);
  return createLinkedAccountCommands({
    ...parts,
    createAccount,
    findAccountByEmail,
    lockAccount,
    hasPassword,
    refusalOf,
  });
}

function createSessions(
  config: Config,
  { db, signer, metrics, stack }: ServiceParts<Tables> & { signer: AccessTokenSigner },
  telemetry: Telemetry,
): SessionCommands {
  return createSessionCommands({
    db,
    signer,
    refreshTokenDays: config.refreshTokenDays,
    permissionsOf: async (account) => (await readAccess(db, account)).permissions,
    findActiveAccount,
    telemetry,
    announceEnd: createAnnounceEnd(config, metrics, stack),
  });
}

/** Without Redis gateways find out when they ask next. */
function createAnnounceEnd({ redisUrl }: Config, metrics: Metrics, stack: StopStack): (sessionId: string) => void {
  if (redisUrl === undefined) return () => undefined;
  const redis = openRedis({ url: redisUrl, name: 'nova-identity', metrics });
  stack.add('redis', async () => redis.stop());
  return (id) => announceEndedSession(redis, { id, revokedAtMs: Date.now() });
}
