import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';

export type TestIssuer = {
  readonly jwksUrl: string;
  /** How often the key set was asked for. */
  readonly served: { count: number };
  /** A token like identity's, for user u1 unless `claims` say another; `claims` and `header` replace parts of it. */
  token(options?: {
    claims?: Record<string, unknown>;
    header?: Record<string, unknown>;
    expiresInSeconds?: number;
  }): Promise<string>;
  /** Signs with a new key from now on, and publishes that one only. */
  rotate(): Promise<void>;
  /** Signs with a key that is never published. */
  forge(): Promise<string>;
  stop(): Promise<void>;
};

type SigningKey = { readonly privateKey: CryptoKey; readonly kid: string; readonly jwk: object };

/** Issues access tokens as the identity service does, and serves its key set. */
export async function startTestIssuer(): Promise<TestIssuer> {
  let current = await newKey();
  const served = { count: 0 };
  const server = createServer((_request, response) => {
    served.count += 1;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: [current.jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer: TestIssuer = {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/jwks.json`,
    served,
    token: ({ claims = {}, header = {}, expiresInSeconds = 900 } = {}) =>
      new SignJWT({ sid: 's1', permissions: ['write:posts'], ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: current.kid, typ: 'at+jwt', ...header })
        .setIssuer(String(claims.iss ?? 'nova'))
        .setAudience(String(claims.aud ?? 'nova'))
        .setSubject(String(claims.sub ?? 'u1'))
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + expiresInSeconds)
        .sign(current.privateKey),
    async rotate() {
      current = await newKey();
    },
    async forge() {
      const honest = current;
      current = { ...(await newKey()), kid: honest.kid };
      const token = await issuer.token();
      current = honest;
      return token;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return issuer;
}

async function newKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { modulusLength: 2048 });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { privateKey, kid, jwk: { ...jwk, kid, alg: 'RS256', use: 'sig' } };
}
