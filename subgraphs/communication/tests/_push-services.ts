import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createHttp2Server, type Http2Session } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { jwtVerify } from 'jose';

/** What a service answers to one token of a device; 200 when nothing is said. */
export type Answer = { status: number; body?: object; retryAfter?: string } | 'silence' | 'disconnect';

export type Received = { token: string; body: Record<string, unknown>; headers: Record<string, unknown>; atMs: number };

const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers by device: the first that is left for a token, else 200. */
function script() {
  const answers = new Map<string, Answer[]>();
  return {
    say: (token: string, ...said: Answer[]) => answers.set(token, said),
    next: (token: string): Answer => answers.get(token)?.shift() ?? { status: 200, body: {} },
  };
}

/** Google's token endpoint and FCM, on this machine. It refuses what is not signed by the service account. */
async function startFcm() {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { say, next } = script();
  const received: Received[] = [];
  let tokens = 0;
  const server = createServer(async (request, response) => {
    const text = (await buffer(request)).toString();
    if (request.url === '/token') {
      const assertion = new URLSearchParams(text).get('assertion') ?? '';
      const scope = await jwtVerify(assertion, publicKey, { audience: `${url}/token`, issuer: 'nova@nova.test' })
        .then(({ payload }) => payload.scope)
        .catch(() => undefined);
      tokens += scope === 'https://www.googleapis.com/auth/firebase.messaging' ? 1 : 0;
      return response
        .writeHead(scope ? 200 : 401)
        .end(JSON.stringify({ access_token: `t${tokens}`, expires_in: 3_599 }));
    }
    const isAllowed = /^Bearer t[1-9]/.test(request.headers.authorization ?? '');
    if (!isAllowed || request.url !== '/v1/projects/nova/messages:send') return response.writeHead(401).end('{}');
    const { message } = JSON.parse(text);
    received.push({ token: message.token, body: message, headers: request.headers, atMs: Date.now() });
    const answer = next(message.token);
    if (answer === 'silence') return;
    if (answer === 'disconnect') return request.socket.destroy();
    response.writeHead(answer.status, answer.retryAfter ? { 'retry-after': answer.retryAfter } : {});
    return response.end(JSON.stringify(answer.body ?? {}));
  });
  const url = await listening(server);
  const account = {
    project_id: 'nova',
    client_email: 'nova@nova.test',
    private_key: pem(privateKey),
    token_uri: `${url}/token`,
  };
  return {
    url,
    account,
    received,
    say,
    tokens: () => tokens,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** APNs on this machine, over HTTP/2 in plain text. It refuses what is not signed by the team's key. */
async function startApns() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { say, next } = script();
  const received: Received[] = [];
  const sessions = new Set<Http2Session>();
  let connections = 0;
  const server = createHttp2Server();
  server.on('session', (session) => {
    connections += 1;
    sessions.add(session.on('close', () => sessions.delete(session)));
  });
  server.on('stream', async (stream, headers) => {
    stream.on('error', () => undefined);
    const body = JSON.parse((await buffer(stream)).toString());
    const jwt = String(headers.authorization).replace(/^bearer /, '');
    const { protectedHeader } = await jwtVerify(jwt, publicKey, { issuer: 'TEAM', algorithms: ['ES256'] });
    if (protectedHeader.kid !== 'KEY') return stream.respond({ ':status': 403 }, { endStream: true });
    const token = String(headers[':path']).replace('/3/device/', '');
    received.push({ token, body, headers, atMs: Date.now() });
    const answer = next(token);
    if (answer === 'silence') return;
    if (answer === 'disconnect') return stream.session?.destroy();
    stream.respond({ ':status': answer.status, ...(answer.retryAfter && { 'retry-after': answer.retryAfter }) });
    return stream.end(JSON.stringify(answer.body ?? {}));
  });
  const url = await listening(server);
  return {
    url,
    credentials: { teamId: 'TEAM', keyId: 'KEY', topic: 'test.nova.app', key: pem(privateKey) },
    received,
    say,
    connections: () => connections,
    async stop() {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Both services, and the settings that name them. */
export async function startPushServices() {
  const directory = mkdtempSync(join(tmpdir(), 'nova-push-'));
  const [fcm, apns] = await Promise.all([startFcm(), startApns()]);
  const file = (name: string, content: object) => {
    writeFileSync(join(directory, name), JSON.stringify(content), { mode: 0o600 });
    return join(directory, name);
  };
  return {
    fcm,
    apns,
    file,
    env: {
      PUSH_FCM_CREDENTIALS_FILE: file('fcm.json', fcm.account),
      PUSH_FCM_URL: fcm.url,
      PUSH_APNS_CREDENTIALS_FILE: file('apns.json', apns.credentials),
      PUSH_APNS_URL: apns.url,
    },
    async stop() {
      await Promise.all([fcm.stop(), apns.stop()]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
