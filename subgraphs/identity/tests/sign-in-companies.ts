import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { exportJWK } from 'jose';
import {
  type Answer,
  authorize,
  type Companies,
  clientId,
  facebookMe,
  facebookToken,
  googleToken,
  metadata,
  wechatToken,
} from './company-endpoints.ts';

export const redirectUrl = 'https://app.nova.test/signed-in';

/** Stands in for Google, Facebook and WeChat, as they behave on the wire. */
export async function startSignInCompanies() {
  const [own, strangers] = [newKey(), newKey()];
  const server = createServer((request, response) => {
    answer(companies, request).then(
      ({ status = 200, headers = {}, body = {} }) =>
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body)),
      () => response.writeHead(400).end('{}'),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const companies: Companies = {
    origin: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    keys: {
      jwk: { ...(await exportJWK(own.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' },
      own: own.privateKey,
      strangers: strangers.privateKey,
    },
    grants: new Map(),
    state: { person: { id: 'nobody' }, claims: {}, isSignedByStranger: false, isAway: false, exchanges: 0 },
  };
  return {
    state: companies.state,
    /** Settings of an identity that is a client of all three; `secretFile` holds `clientSecret`. */
    settings: (secretFile: string) => clientSettings(companies.origin, secretFile),
    /** Goes where the browser is sent; resolves with where it comes back to. */
    async visit(url: string): Promise<string> {
      const response = await fetch(url, { redirect: 'manual' });
      return response.headers.get('location') ?? '';
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const newKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 });

async function answer(companies: Companies, request: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', companies.origin);
  if (companies.state.isAway) return { status: 503 };
  if (pathname.endsWith('/authorize')) return authorize(companies, searchParams);
  if (pathname === '/.well-known/openid-configuration') return metadata(companies);
  if (pathname === '/jwks') return { body: { keys: [companies.keys.jwk] } };
  if (pathname === '/token') return googleToken(companies, new URLSearchParams(await text(request)));
  if (pathname === '/facebook/oauth/access_token') return facebookToken(companies, searchParams);
  if (pathname === '/facebook/me') return facebookMe(companies, searchParams);
  if (pathname === '/wechat/token') return wechatToken(companies, searchParams);
  return { status: 404 };
}

function clientSettings(origin: string, secretFile: string) {
  return {
    SIGN_IN_REDIRECT_URLS: redirectUrl,
    GOOGLE_CLIENT_ID: clientId,
    GOOGLE_CLIENT_SECRET_FILE: secretFile,
    GOOGLE_ISSUER: origin,
    FACEBOOK_CLIENT_ID: clientId,
    FACEBOOK_CLIENT_SECRET_FILE: secretFile,
    FACEBOOK_DIALOG_URL: `${origin}/facebook/authorize`,
    FACEBOOK_GRAPH_URL: `${origin}/facebook`,
    WECHAT_CLIENT_ID: clientId,
    WECHAT_CLIENT_SECRET_FILE: secretFile,
    WECHAT_AUTHORIZE_URL: `${origin}/wechat/authorize`,
    WECHAT_TOKEN_URL: `${origin}/wechat/token`,
  };
}
