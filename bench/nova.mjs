import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from './machine.mjs';
import { forkReady, spawnUntil } from './processes.mjs';

const subgraphIndex = JSON.parse(readFileSync(join(root, 'schema/domains.json'), 'utf8'));

/** What every process measured or called runs with. */
const production = { NODE_ENV: 'production', APOLLO_TELEMETRY_DISABLED: '1' };

/**
 * Starts PostgreSQL, the seed and the subgraphs as `npm start` does, then the two gateways beside each other over the
 * same subgraphs. Ports: `port` to `port + 95`.
 */
export async function startContenders({ port, dataDir }) {
  const start = [join(root, 'deploy/dev/start.mjs'), '--port', String(port), '--data-dir', dataDir, '--reset'];
  // npm's variables are options to `npm start`; the one that is left lets it notice when this process is gone.
  const npm = Object.keys(process.env).filter((name) => name.startsWith('npm_'));
  const env = {
    ...production,
    ...Object.fromEntries(npm.map((name) => [name, undefined])),
    npm_lifecycle_event: 'bench',
  };
  await spawnUntil(start, { env, line: /Ready in/ });
  const keys = (name) => readFileSync(join(dataDir, 'keys', name), 'utf8');
  const session = await signIn(port, JSON.parse(readFileSync(join(dataDir, 'seeded.json'), 'utf8')).demoLogin);
  const common = {
    ...production,
    SUPERGRAPH_FILE: join(root, 'schema/supergraph.graphql'),
    SUBGRAPH_URLS: subgraphUrls(port),
  };
  const nova = await forkReady(join(root, 'gateway/src/bin/server.ts'), {
    env: {
      ...common,
      APP_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port + 3),
      ADMIN_PORT: String(port + 4),
      PERSISTED_POLICY: 'open',
      RATE_LIMIT_USER: 'off',
      RATE_LIMIT_PUBLIC: 'off',
      PERSISTED_MANIFEST_FILES: join(root, 'persisted-queries/manifest.json'),
      JWKS_URL: `http://127.0.0.1:${port + 10 * subgraphIndex.identity}/.well-known/jwks.json`,
      REVOCATIONS_URL: `http://127.0.0.1:${port + 10 * subgraphIndex.identity}/revoked-sessions`,
      // The plain gateway keeps nothing either.
      ENTITY_CACHE: 'off',
      IDENTITY_PRIVATE_KEY_FILE: unmarkedKey(dataDir, keys('identity-private.pem')),
    },
  });
  const plain = await forkReady(new URL('plain-gateway.mjs', import.meta.url), {
    env: { ...common, PORT: String(port + 5), IDENTITY: mintIdentity(keys('identity-private.pem'), session) },
  });
  return {
    nova: { pid: nova.pid, url: `http://127.0.0.1:${port + 3}/graphql` },
    plain: { pid: plain.pid, url: `http://127.0.0.1:${port + 5}/graphql` },
    accessToken: session.accessToken,
    freshTokens: (count) => mintAccessTokens(keys('access-token-private.pem'), { session, count }),
  };
}

/** The launcher marks its keys as made for development, and a gateway in production refuses those. */
function unmarkedKey(dataDir, pem) {
  const file = join(dataDir, 'bench-identity-private.pem');
  writeFileSync(file, createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return file;
}

function subgraphUrls(port) {
  const names = [
    ...readFileSync(join(root, 'schema/supergraph.graphql'), 'utf8').matchAll(/@join__graph\(name: "(\w+)"/g),
  ];
  return names.map(([, name]) => `${name}=http://127.0.0.1:${port + 10 * subgraphIndex[name]}/graphql`).join(',');
}

async function signIn(port, { email, password }) {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }',
      variables: { input: { email, password } },
    }),
  });
  const { data, errors } = await response.json();
  if (!data?.login) throw new Error(`The demo account cannot sign in: ${JSON.stringify(errors)}`);
  const { accessToken } = data.login;
  const [header, claims] = accessToken.split('.').slice(0, 2).map(readPart);
  return { accessToken, header, claims };
}

/** The identity of the demo account, good for an hour: the plain gateway has nobody who would make a new one. */
function mintIdentity(key, { claims: { sub, sid, permissions } }) {
  const now = Math.floor(Date.now() / 1000);
  const lifetime = { iat: now, exp: now + 3_600 };
  const claims = { sid, permissions, iss: 'nova-gateway', aud: 'nova-services', sub, ...lifetime };
  return jwt({ alg: 'EdDSA', typ: 'nova-identity' }, claims, (text) => sign(null, text, createPrivateKey(key)));
}

/** Access tokens of the demo account, each of a session of its own, as after so many logins. */
function mintAccessTokens(key, { session, count }) {
  const privateKey = createPrivateKey(key);
  const mint = () =>
    jwt(session.header, { ...session.claims, sid: randomUUID() }, (text) => sign('sha256', text, privateKey));
  return Array.from({ length: count }, mint);
}

function jwt(header, claims, signText) {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${signText(Buffer.from(text)).toString('base64url')}`;
}

function part(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function readPart(text) {
  return JSON.parse(Buffer.from(text, 'base64url').toString());
}
