import { AppError } from '@nova/errors';
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose';
import type { Kysely } from 'kysely';
import type { Account } from '../accounts/account.ts';
import type { Tables } from '../db/tables.ts';
import { findSession } from './session-repository.ts';

/** The account that a token acts for. Throws ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED, ACCESS_TOKEN_REVOKED, ACCOUNT_INACTIVE. */
export type VerifyAccessToken = (token: string) => Promise<Account>;

/** Verifies tokens as gateways do, and then asks for their session and account as they are now. */
export function createAccessTokenVerifier(deps: {
  db: Kysely<Tables>;
  jwks: JSONWebKeySet;
  findActiveAccount: (db: Kysely<Tables>, id: string) => Promise<Account | undefined>;
}): VerifyAccessToken {
  const keys = createLocalJWKSet(deps.jwks);
  return async (token) => {
    const { accountId, sessionId } = await readToken(token, keys);
    const session = await findSession(deps.db, sessionId);
    if (session?.accountId !== accountId) throw invalid();
    if (session.isRevoked)
      throw new AppError('ACCESS_TOKEN_REVOKED', 'The session of the access token has ended; sign in again.');
    const account = await deps.findActiveAccount(deps.db, accountId);
    if (!account) throw new AppError('ACCOUNT_INACTIVE', 'The account is not active.');
    return account;
  };
}

async function readToken(token: string, keys: ReturnType<typeof createLocalJWKSet>) {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ['RS256'],
      issuer: 'nova',
      audience: 'nova',
      typ: 'at+jwt',
      requiredClaims: ['exp', 'sub', 'sid'],
    });
    return { accountId: String(payload.sub), sessionId: String(payload.sid) };
  } catch (cause) {
    if (cause instanceof errors.JWTExpired)
      throw new AppError('ACCESS_TOKEN_EXPIRED', 'The access token has expired; refresh the session.', { cause });
    throw invalid(cause);
  }
}

function invalid(cause?: unknown): AppError {
  return new AppError('ACCESS_TOKEN_INVALID', 'The access token is not one that Nova issued.', { cause });
}
