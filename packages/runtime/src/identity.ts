import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { rememberVerified, type Verified } from './remember-verified.ts';

/** Who a request acts for, as the gateway established it. */
export type Identity = { readonly kind: 'anonymous' } | UserIdentity;

export type UserIdentity = {
  readonly kind: 'user';
  readonly userId: string;
  readonly sessionId: string;
  /** Permissions of the form `verb:noun`. */
  readonly permissions: readonly string[];
};

export const anonymous: Identity = { kind: 'anonymous' };

/** How long a forwarded identity is good for, in seconds. */
const lifetimeSeconds = 60;
const issuer = 'nova-gateway';
const audience = 'nova-services';

export type IdentitySigner = (identity: Identity) => Promise<string>;
/** Rejects when the token is missing, forged, expired or meant for somebody else. */
export type IdentityVerifier = (token: string) => Promise<Identity>;

/** Signs identities for services with the gateway's Ed25519 private key (PEM). */
export function createIdentitySigner(privateKeyPem: string): IdentitySigner {
  const key = createPrivateKey(privateKeyPem);
  return (identity) => {
    const claims = identity.kind === 'user' ? { sid: identity.sessionId, permissions: identity.permissions } : {};
    const token = new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', typ: 'nova-identity' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(`${lifetimeSeconds}s`);
    if (identity.kind === 'user') token.setSubject(identity.userId);
    return token.sign(key);
  };
}

/** Verifies forwarded identities with the gateway's public key (PEM); a verified token is remembered until it expires. */
export function createIdentityVerifier(
  publicKeyPem: string,
  options: { maxRemembered?: number } = {},
): IdentityVerifier {
  const key = createPublicKey(publicKeyPem);
  return rememberVerified((token) => verify(token, key), options.maxRemembered ?? 10_000);
}

async function verify(token: string, key: KeyObject): Promise<Verified<Identity>> {
  const { payload } = await jwtVerify(token, key, {
    algorithms: ['EdDSA'],
    typ: 'nova-identity',
    issuer,
    audience,
    requiredClaims: ['exp'],
  });
  const expiresAtMs = (payload.exp as number) * 1000;
  if (payload.sub === undefined) return { identity: anonymous, expiresAtMs };
  const { sid, permissions } = payload;
  if (typeof sid !== 'string' || !Array.isArray(permissions))
    throw new Error('The identity lacks its session or permissions.');
  return {
    identity: { kind: 'user', userId: payload.sub, sessionId: sid, permissions: permissions.map(String) },
    expiresAtMs,
  };
}
