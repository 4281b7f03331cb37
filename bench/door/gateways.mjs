import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { root } from '../machine.mjs';
import { forkReady } from '../processes.mjs';
import { startRedis } from '../redis.mjs';

const query = '{__typename}';
const mutation = 'mutation($input:CreatePostInput!){createPost(input:$input){post{id}}}';

/** Three gateways over one stand-in for everything behind them, which costs the gateways what real ones would. */
export async function startDoors({ port, directory }) {
  const signing = generateKeyPairSync('rsa', { modulusLength: 4096 });
  const behind = await startWhatIsBehind(port, signing.publicKey.export({ format: 'jwk' }));
  const redisPort = port + 1;
  await startRedis(redisPort, directory);
  const identity = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(directory, 'identity.pem'), identity, { mode: 0o600 });
  writeFileSync(join(directory, 'manifest.json'), manifestOf({ Typename: query, CreatePost: mutation }));
  const start = async (offset, env) => {
    const child = await forkReady(join(root, 'gateway/src/bin/server.ts'), {
      env: {
        NODE_ENV: 'production',
        APP_ENV: 'production',
        HOST: '127.0.0.1',
        PORT: String(port + offset),
        ADMIN_PORT: String(port + offset + 1),
        SUPERGRAPH_FILE: join(root, 'schema/supergraph.graphql'),
        PERSISTED_MANIFEST_FILES: join(directory, 'manifest.json'),
        PERSISTED_POLICY: 'open',
        SUBGRAPH_URLS: `content=${behind}/graphql`,
        JWKS_URL: `${behind}/jwks`,
        REVOCATIONS_URL: `${behind}/revoked-sessions`,
        IDENTITY_PRIVATE_KEY_FILE: join(directory, 'identity.pem'),
        ENTITY_CACHE: 'off',
        // Of what is measured nothing but the keys themselves should depend on them.
        IDEMPOTENCY_KEYS: 'optional',
        ...env,
      },
    });
    return { pid: child.pid, url: `http://127.0.0.1:${port + offset}/graphql` };
  };
  const never = { RATE_LIMIT_USER: '100000000/60', RATE_LIMIT_PUBLIC: '100000000/60' };
  const doors = {
    unlimited: await start(10, { RATE_LIMIT_USER: 'off', RATE_LIMIT_PUBLIC: 'off' }),
    inMemory: await start(20, never),
    onRedis: await start(30, { ...never, REDIS_URL: `redis://127.0.0.1:${redisPort}` }),
  };
  return { doors, requests: requestsOf(accessToken(signing.privateKey)) };
}

/** What is sent, by kind. */
function requestsOf(token) {
  const json = { 'content-type': 'application/json', 'apollographql-client-name': 'bench' };
  const signedIn = { ...json, authorization: `Bearer ${token}` };
  const byId = JSON.stringify({ documentId: idOf(query) });
  const create = JSON.stringify({ documentId: idOf(mutation), variables: { input: { body: 'Hello' } } });
  return {
    anonymous: [{ headers: json, body: byId }],
    signedIn: [{ headers: signedIn, body: byId }],
    text: [{ headers: signedIn, body: JSON.stringify({ query }) }],
    mutation: [{ headers: signedIn, body: create }],
    /** Each with a key of its own. */
    keyed: (count) =>
      Array.from({ length: count }, () => ({
        headers: { ...signedIn, 'x-idempotency-key': randomUUID() },
        body: create,
      })),
    replayed: [{ headers: { ...signedIn, 'x-idempotency-key': randomUUID() }, body: create }],
  };
}

/** The keys of access tokens, sessions that ended, and a content subgraph, in this process. */
async function startWhatIsBehind(port, jwk) {
  const answers = {
    '/jwks': { keys: [{ ...jwk, kid: 'bench', alg: 'RS256', use: 'sig' }] },
    '/revoked-sessions': {
      accessTokenSeconds: 900,
      sessions: [],
      continueAfter: null,
      nextAfter: new Date().toISOString(),
    },
    '/graphql': { data: { createPost: { post: { id: '1' } } } },
  };
  const texts = Object.fromEntries(Object.entries(answers).map(([path, answer]) => [path, JSON.stringify(answer)]));
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(texts[request.url.split('?')[0]]);
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${port}`;
}

function accessToken(key) {
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: 'nova', aud: 'nova', sub: randomUUID(), sid: randomUUID(), permissions: ['write:posts'] };
  const text = `${part({ alg: 'RS256', typ: 'at+jwt', kid: 'bench' })}.${part({ ...claims, iat: now, exp: now + 3_600 })}`;
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

function idOf(body) {
  return createHash('sha256').update(body).digest('hex');
}

function manifestOf(documents) {
  const operations = Object.entries(documents).map(([name, body]) => ({ id: idOf(body), name, type: 'query', body }));
  return JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations });
}
