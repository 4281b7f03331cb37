import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { AppError } from '@nova/errors';
import { calculateJwkThumbprint, exportJWK, type JSONWebKeySet, type JWK, SignJWT } from 'jose';

export type AccessTokenSigner = {
  sign(claims: {
    accountId: string;
    sessionId: string;
    permissions: readonly string[];
  }): Promise<{ token: string; expiresAt: Date }>;
  /** The public keys that verify tokens: the signing key's, then the old ones'. */
  readonly jwks: JSONWebKeySet;
};

const algorithm = 'RS256';
const minKeyBits = 2048;

/** Signs access tokens. Keys are PEM; of the old ones, which only stay published, the public half is enough. */
export async function createAccessTokenSigner(options: {
  signingKey: string;
  oldKeys: readonly string[];
  lifetimeSeconds: number;
}): Promise<AccessTokenSigner> {
  const privateKey = createPrivateKey(options.signingKey);
  const current = await publicJwk(options.signingKey);
  const old = await Promise.all(options.oldKeys.map(publicJwk));
  const published = new Map([current, ...old].map((key) => [key.kid, key]));
  const header = { alg: algorithm, typ: 'at+jwt', kid: current.kid };
  return {
    async sign({ accountId, sessionId, permissions }) {
      const issuedAt = Math.floor(Date.now() / 1000);
      const expiresAt = issuedAt + options.lifetimeSeconds;
      const token = await new SignJWT({ sid: sessionId, permissions })
        .setProtectedHeader(header)
        .setIssuer('nova')
        .setAudience('nova')
        .setSubject(accountId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .sign(privateKey);
      return { token, expiresAt: new Date(expiresAt * 1000) };
    },
    jwks: { keys: [...published.values()] },
  };
}

async function publicJwk(pem: string): Promise<JWK> {
  const key = createPublicKey(pem);
  requireRsa(key);
  const jwk = await exportJWK(key);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: algorithm, use: 'sig' };
}

function requireRsa(key: KeyObject): void {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < minKeyBits) {
    throw new AppError('INTERNAL_ERROR', `Access tokens need RSA keys of at least ${minKeyBits} bits.`);
  }
}
