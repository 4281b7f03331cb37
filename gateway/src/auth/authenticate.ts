import { AppError, isAppError } from '@nova/errors';
import { anonymous, type IdentitySigner, type UserIdentity } from '@nova/runtime';
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { createViewer, type Viewer } from './viewer.ts';

/** Turns an `authorization` header into a viewer. Throws ACCESS_TOKEN_INVALID, ACCESS_TOKEN_EXPIRED or SERVICE_UNAVAILABLE. */
export type Authenticate = (authorization: string | undefined) => Promise<Viewer>;

const maxRemembered = 10_000;
/** How long a token is taken as good without another look at its signature, so that revoked keys take effect. */
const rememberMs = 60_000;

export function createAuthenticate(options: {
  keys: JWTVerifyGetKey;
  sign: IdentitySigner;
  now: () => number;
}): Authenticate {
  const { keys, sign, now } = options;
  const nobody = createViewer(anonymous, sign, now);
  const remembered = new LRUCache<string, { viewer: Viewer; untilMs: number }>({
    max: maxRemembered,
  });
  return async (authorization) => {
    if (authorization === undefined) return nobody;
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) throw invalid('Send the access token as "authorization: Bearer <token>".');
    const known = remembered.get(token);
    if (known && now() < known.untilMs) return known.viewer;
    const { identity, expiresAtMs } = await verify(token, keys, now);
    const viewer = known?.viewer ?? createViewer(identity, sign, now);
    remembered.set(token, { viewer, untilMs: Math.min(now() + rememberMs, expiresAtMs) });
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
  if (sub === undefined || typeof sid !== 'string' || !Array.isArray(permissions))
    throw new Error('The token lacks its subject, session or permissions.');
  return { kind: 'user', userId: sub, sessionId: sid, permissions: permissions.map(String) };
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError('ACCESS_TOKEN_INVALID', message, { cause });
}
