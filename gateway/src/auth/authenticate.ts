import { AppError, isAppError } from '@nova/errors';
import { anonymous, type IdentitySigner, type UserIdentity } from '@nova/runtime';
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { createViewer, type Viewer } from './viewer.ts';

/**
 * Turns an `authorization` header into a viewer. Throws ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED, ACCESS_TOKEN_REVOKED or
 * SERVICE_UNAVAILABLE.
 */
export type Authenticate = (authorization: string | undefined) => Promise<Viewer>;

const maxRemembered = 10_000;
/** How long a token is taken as good without another look at its signature, so that revoked keys take effect. */
const rememberMs = 60_000;

export function createAuthenticate(options: {
  keys: JWTVerifyGetKey;
  sign: IdentitySigner;
  /** Throws when a session has ended. */
  requireCurrent(sessionId: string): void;
  now: () => number;
}): Authenticate {
  const { keys, sign, requireCurrent, now } = options;
  const nobody = createViewer(anonymous, sign, now);
  const remembered = new LRUCache<string, { viewer: Viewer; sessionId: string; untilMs: number }>({
    max: maxRemembered,
  });
  const verified = async (token: string) => {
    const known = remembered.get(token);
    if (known && now() < known.untilMs) return known;
    const { identity, expiresAtMs } = await verify(token, keys, now);
    const viewer = known?.viewer ?? createViewer(identity, sign, now);
    const fresh = { viewer, sessionId: identity.sessionId, untilMs: Math.min(now() + rememberMs, expiresAtMs) };
    remembered.set(token, fresh);
    return fresh;
  };
  return async (authorization) => {
    if (authorization === undefined) return nobody;
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) throw invalid('Send the access token as "authorization: Bearer <token>".');
    const { viewer, sessionId } = await verified(token);
    requireCurrent(sessionId);
    return viewer;
  };
}

async function verify(token: string, keys: JWTVerifyGetKey, now: () => number) {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ['RS256'],
      issuer: 'nova',
      audience: 'nova',
      typ: 'at+jwt',
      requiredClaims: ['exp', 'sub', 'sid', 'permissions'],
      currentDate: new Date(now()),
    });
    return { identity: toIdentity(payload), expiresAtMs: (payload.exp as number) * 1000 };
  } catch (error) {
    if (isAppError(error)) throw error;
    if (error instanceof errors.JWTExpired)
      throw new AppError('ACCESS_TOKEN_EXPIRED', 'The access token has expired; refresh the session.', {
        cause: error,
      });
    throw invalid('The access token is not one that Nova issued.', error);
  }
}

function toIdentity({ sub, sid, permissions }: JWTPayload): UserIdentity {
  if (typeof sub !== 'string' || typeof sid !== 'string' || !Array.isArray(permissions))
    throw new Error('The token lacks its subject, session or permissions.');
  return { kind: 'user', userId: sub, sessionId: sid, permissions: permissions.map(String) };
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError('ACCESS_TOKEN_INVALID', message, { cause });
}
