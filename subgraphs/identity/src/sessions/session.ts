import { AppError } from '@nova/errors';

/** A session as it was just opened or renewed; the only time its refresh token is known. */
export type NewSession = {
  readonly id: string;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: Date;
};

/** What a signed-in client holds. */
export type SessionTokens = {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: Date;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: Date;
};

/** What is known of a refresh token that somebody presents. */
export type PresentedToken = {
  readonly isUsed: boolean;
  readonly isExpired: boolean;
  readonly isSessionRevoked: boolean;
};

/**
 * A token is good for one use. A second use means that two parties hold it and nobody knows which one is the thief,
 * so that the session ends for both.
 */
export function judgeToken(token: PresentedToken): 'renew' | 'refuse' | 'end-session' {
  if (token.isSessionRevoked) return 'refuse';
  if (token.isUsed) return 'end-session';
  return token.isExpired ? 'refuse' : 'renew';
}

/** The same whatever is wrong with the token. */
export function refreshTokenInvalid(): AppError {
  return new AppError('REFRESH_TOKEN_INVALID', 'The refresh token is not valid; sign in again.');
}
