import type { Kysely, Transaction } from 'kysely';
import type { Account } from '../accounts/account.ts';
import type { Tables } from '../db/tables.ts';
import { createSecretToken, hashSecretToken } from '../secret-token.ts';
import type { Telemetry } from '../telemetry.ts';
import type { AccessTokenSigner } from './access-token-signer.ts';
import { judgeToken, type NewSession, refreshTokenInvalid, type SessionTokens } from './session.ts';
import {
  deleteExpiredTokens,
  findToken,
  insertRefreshToken,
  insertSession,
  lockSessionOfToken,
  markTokenUsed,
  revokeSession,
} from './session-repository.ts';

export type SessionCommands = {
  /** Part of the caller's transaction; sign the access token with `issueTokens` when it has committed. */
  open(tx: Transaction<Tables>, accountId: string): Promise<NewSession>;
  issueTokens(session: NewSession, account: Account): Promise<SessionTokens>;
  /** Exchanges a refresh token, once. Throws REFRESH_TOKEN_INVALID; a second use also ends the session. */
  refresh(refreshToken: string): Promise<SessionTokens & { readonly account: Account }>;
  /** Ends the token's session; false when there was none to end. */
  logout(refreshToken: string): Promise<boolean>;
};

export type SessionCommandDeps = {
  readonly db: Kysely<Tables>;
  readonly signer: AccessTokenSigner;
  readonly refreshTokenDays: number;
  readonly permissionsOf: (account: Account) => Promise<readonly string[]>;
  readonly findActiveAccount: (db: Kysely<Tables>, id: string) => Promise<Account | undefined>;
  readonly telemetry: Pick<Telemetry, 'sessionEnded'>;
  /** Tells the gateways, when the end has been committed. */
  readonly announceEnd: (sessionId: string) => void;
};

export function createSessionCommands(deps: SessionCommandDeps): SessionCommands {
  const { db, signer } = deps;
  const ended = (reason: 'logout' | 'reuse', sessionId: string) => {
    deps.telemetry.sessionEnded(reason, sessionId);
    deps.announceEnd(sessionId);
  };
  const issueTokens: SessionCommands['issueTokens'] = async (session, account) => {
    const accountId = account.id;
    const permissions = await deps.permissionsOf(account);
    const { token, expiresAt } = await signer.sign({ accountId, sessionId: session.id, permissions });
    const { refreshToken, refreshTokenExpiresAt } = session;
    return { accessToken: token, accessTokenExpiresAt: expiresAt, refreshToken, refreshTokenExpiresAt };
  };
  return {
    async open(tx, accountId) {
      const id = await insertSession(tx, accountId);
      return addToken(deps, tx, id);
    },
    issueTokens,
    async refresh(refreshToken) {
      const hash = hashSecretToken(refreshToken);
      const renewal = hash && (await db.transaction().execute((tx) => renew(deps, tx, hash)));
      if (renewal?.kind === 'ended') ended('reuse', renewal.sessionId);
      if (renewal?.kind !== 'renewed') throw refreshTokenInvalid();
      return { account: renewal.account, ...(await issueTokens(renewal.session, renewal.account)) };
    },
    async logout(refreshToken) {
      const hash = hashSecretToken(refreshToken);
      const sessionId = hash && (await db.transaction().execute((tx) => end(tx, hash)));
      if (sessionId) ended('logout', sessionId);
      return sessionId !== undefined;
    },
  };
}

type Renewal =
  | { readonly kind: 'renewed'; readonly account: Account; readonly session: NewSession }
  | { readonly kind: 'ended'; readonly sessionId: string }
  | { readonly kind: 'refused' };

/** Returns a refusal instead of throwing it, so that the transaction commits and what it ends stays ended. */
async function renew(deps: SessionCommandDeps, tx: Transaction<Tables>, hash: Buffer): Promise<Renewal> {
  const session = await lockSessionOfToken(tx, hash);
  const token = session && (await findToken(tx, hash));
  if (!token) return { kind: 'refused' };
  const verdict = judgeToken({ ...token, isSessionRevoked: session.isRevoked });
  if (verdict === 'end-session') {
    await revokeSession(tx, session.id, 'reuse');
    return { kind: 'ended', sessionId: session.id };
  }
  const account = verdict === 'renew' ? await deps.findActiveAccount(tx, session.accountId) : undefined;
  if (!account) return { kind: 'refused' };
  await markTokenUsed(tx, hash);
  await deleteExpiredTokens(tx, session.id);
  return { kind: 'renewed', account, session: await addToken(deps, tx, session.id) };
}

/** The id of the session that ended; undefined when there was none or it had ended before. */
async function end(tx: Transaction<Tables>, hash: Buffer): Promise<string | undefined> {
  const session = await lockSessionOfToken(tx, hash);
  if (!session || session.isRevoked) return undefined;
  await revokeSession(tx, session.id, 'logout');
  return session.id;
}

async function addToken(deps: SessionCommandDeps, tx: Transaction<Tables>, sessionId: string): Promise<NewSession> {
  const { token, hash } = createSecretToken();
  const refreshTokenExpiresAt = await insertRefreshToken(tx, {
    hash,
    sessionId,
    lifetimeDays: deps.refreshTokenDays,
  });
  return { id: sessionId, refreshToken: token, refreshTokenExpiresAt };
}
