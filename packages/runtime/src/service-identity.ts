import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { createIdentityVerifier, type Identity } from './identity.ts';
import { rememberVerified, type Verified } from './remember-verified.ts';

/** A service that calls of its own accord: from a consumer, say, where there is no request. */
export type ServiceIdentity = {
  readonly kind: 'service';
  readonly name: string;
  /** Of the form `verb:noun`. */
  readonly permissions: readonly string[];
};

/** Who calls a service: somebody, through the gateway, or another service. */
export type CallerIdentity = Identity | ServiceIdentity;
/** Rejects when the token is missing, forged, expired or meant for somebody else. */
export type CallerVerifier = (token: string) => Promise<CallerIdentity>;
export type ServiceSigner = (identity: Omit<ServiceIdentity, 'kind'>) => Promise<string>;

const tokenType = 'nova-service-identity';
const issuer = 'nova-service';
const audience = 'nova-services';
const maxRemembered = 1_000;

/** How long a signed identity of a service is good for, in seconds. */
export const serviceIdentitySeconds = 60;

/** Signs identities of services with the Ed25519 private key (PEM) that they share. */
export function createServiceSigner(serviceKeyPem: string): ServiceSigner {
  const key = createPrivateKey(serviceKeyPem);
  return ({ name, permissions }) =>
    new SignJWT({ permissions })
      .setProtectedHeader({ alg: 'EdDSA', typ: tokenType })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(name)
      .setIssuedAt()
      .setExpirationTime(`${serviceIdentitySeconds}s`)
      .sign(key);
}

/** Verifies what the gateway signed and what services signed: the key of services is good for no user's identity. */
export function createCallerVerifier(keys: { identityPublicKey: string; serviceKey: string }): CallerVerifier {
  const ofGateway = createIdentityVerifier(keys.identityPublicKey);
  const serviceKey = createPublicKey(createPrivateKey(keys.serviceKey));
  const ofService = rememberVerified((token) => verifyService(token, serviceKey), maxRemembered);
  return async (token) =>
    token !== '' && decodeProtectedHeader(token).typ === tokenType ? ofService(token) : ofGateway(token);
}

async function verifyService(token: string, key: KeyObject): Promise<Verified<ServiceIdentity>> {
  const { payload } = await jwtVerify(token, key, {
    algorithms: ['EdDSA'],
    typ: tokenType,
    issuer,
    audience,
    requiredClaims: ['exp', 'sub'],
  });
  const { sub: name = '', permissions } = payload;
  if (!Array.isArray(permissions)) throw new Error('The identity lacks its permissions.');
  const identity = { kind: 'service', name, permissions: permissions.map(String) } as const;
  return { identity, expiresAtMs: (payload.exp as number) * 1000 };
}
