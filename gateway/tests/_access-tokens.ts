import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { headerNames } from '@nova/runtime';
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
} from 'jose';

export type TestIssuer = {
  readonly jwksUrl: string;
  readonly revocationsUrl: string;
  /** Sessions that its list of ended ones has, and how it answers when asked for it instead of with the list. */
  readonly revoked: { readonly sessions: RevokedSession[]; answer?: (response: ServerResponse) => void };
  /** What the list was asked for with. */
  readonly listed: Array<{ readonly url: string; readonly identity: string }>;
  /** How often the key set was asked for. */
  readonly served: { count: number };
  /** A token like identity's, for user u1 unless `claims` say another; `claims` and `header` replace parts of it. */
  token(options?: {
    claims?: Record<string, unknown>;
    header?: Record<string, unknown>;
    expiresInSeconds?: number;
  }): Promise<string>;
  /** Signs anything with the key in use; `header` replaces parts of what identity puts there. */
  sign(claims: JWTPayload, header?: Record<string, unknown>): Promise<string>;
  /** Of the key in use: PEM. */
  publicKey(): Promise<string>;
  /** Signs with a new key from now on, and publishes that one only, or the last one too. */
  rotate(options?: { keepOld: boolean }): Promise<void>;
  /** Signs with a key that is never published. */
  forge(): Promise<string>;
  stop(): Promise<void>;
};

export type RevokedSession = { readonly id: string; readonly revokedAt: string };

type SigningKey = {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly kid: string;
  readonly jwk: object;
};

/** Issues access tokens as the identity service does, and serves its key set. */
export async function startTestIssuer(): Promise<TestIssuer> {
  let current = await newKey();
  let published = [current];
  const served = { count: 0 };
  const revoked: TestIssuer['revoked'] = { sessions: [] };
  const listed: Array<{ url: string; identity: string }> = [];
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/revoked-sessions')) {
      listed.push({ url: request.url, identity: String(request.headers[headerNames.identity]) });
      (revoked.answer ?? sendRevoked)(response);
      return;
    }
    served.count += 1;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: published.map(({ jwk }) => jwk) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sendRevoked = (response: ServerResponse) => {
    const nextAfter = new Date().toISOString();
    const page = { accessTokenSeconds: 900, sessions: revoked.sessions, continueAfter: null, nextAfter };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(page));
  };
  const issuer: TestIssuer = {
    jwksUrl: `${origin}/.well-known/jwks.json`,
    revocationsUrl: `${origin}/revoked-sessions`,
    revoked,
    listed,
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
    sign: (payload, header = {}) =>
      new SignJWT(payload)
        .setProtectedHeader({ alg: 'RS256', kid: current.kid, typ: 'at+jwt', ...header })
        .sign(current.privateKey, { crit: { unheard: true } }),
    publicKey: () => exportSPKI(current.publicKey),
    async rotate({ keepOld } = { keepOld: false }) {
      const old = keepOld ? [current] : [];
      current = await newKey();
      published = [current, ...old];
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
  const { privateKey, publicKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { privateKey, publicKey, kid, jwk: { ...jwk, kid, alg: 'RS256', use: 'sig' } };
}
