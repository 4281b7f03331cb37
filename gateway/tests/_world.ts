import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIdentityVerifier, createLogger, createMetrics, StopStack } from '@nova/runtime';
import { supergraphFile as committedSupergraph, subgraphNames } from '@nova/schema';
import { readEnv, toConfig } from '../src/config.ts';
import { createGateway, type Gateway } from '../src/gateway.ts';
import { startTestIssuer, type TestIssuer } from './_access-tokens.ts';
import { startTestSubgraph, type TestSubgraph } from './_subgraphs.ts';

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it asked for.
  readonly body: any;
  /** The first error's extensions. */
  readonly refusal: Record<string, unknown> & { readonly code?: string };
};

export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

export type World = {
  readonly gateway: Gateway;
  readonly issuer: TestIssuer;
  readonly subgraphs: Readonly<Record<'content' | 'identity' | 'user', TestSubgraph>>;
  readonly supergraphFile: string;
  readonly manifestFile: string;
  readonly logLines: LogLine[];
  /** Posts a JSON body, or text as it is, to /graphql. */
  post(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** The value of one series of the admin port's metrics page, 0 when it is not there yet. */
  series(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  stop(): Promise<void>;
};

/** One test sends more in a second than a client in a minute. */
const noRateLimits = {
  RATE_LIMIT_USER: 'off',
  RATE_LIMIT_PUBLIC: 'off',
  RATE_LIMIT_FIELDS: 'login=off',
};

/** A gateway between real subgraph servers, its files in a directory of its own. */
export async function startWorld(
  env: Readonly<Record<string, string>> = {},
  options: { manifest?: string; now?: () => number } = {},
): Promise<World> {
  const stack = new StopStack();
  try {
    return await start(stack, env, options);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function start(
  stack: StopStack,
  env: Readonly<Record<string, string>>,
  options: { manifest?: string; now?: () => number },
): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'nova-gateway-'));
  stack.add('directory', () => rm(directory, { recursive: true, force: true }));
  const keys = generateKeyPairSync('ed25519');
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const issuer = await startTestIssuer();
  stack.add('issuer', () => issuer.stop());
  const started = await Promise.all(
    subgraphNames().map(
      async (name) => [name, await startTestSubgraph(name, createIdentityVerifier(publicKey))] as const,
    ),
  );
  const subgraphs = Object.fromEntries(started) as World['subgraphs'];
  for (const [name, subgraph] of started) stack.add(name, () => subgraph.kill());
  const file = (name: string) => join(directory, name);
  await writeFile(file('identity.pem'), keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeFile(file('supergraph.graphql'), await readFile(committedSupergraph));
  await writeFile(file('manifest.json'), options.manifest ?? manifestOf([]));
  const config = toConfig(
    readEnv({
      APP_ENV: 'test',
      PORT: '0',
      ADMIN_PORT: '0',
      FILE_POLL_MS: '20',
      SUPERGRAPH_FILE: file('supergraph.graphql'),
      PERSISTED_MANIFEST_FILES: file('manifest.json'),
      IDENTITY_PRIVATE_KEY_FILE: file('identity.pem'),
      JWKS_URL: issuer.jwksUrl,
      SUBGRAPH_URLS: started.map(([name, { url }]) => `${name}=${url}`).join(','),
      ...noRateLimits,
      ...env,
    }),
  );
  const logLines: LogLine[] = [];
  const log = createLogger({ service: 'gateway', destination: { write: (line) => logLines.push(JSON.parse(line)) } });
  const metrics = createMetrics('gateway');
  const gateway = await createGateway(config, { log, metrics, now: options.now });
  stack.add('gateway', () => gateway.stop());
  return {
    gateway,
    issuer,
    subgraphs,
    supergraphFile: file('supergraph.graphql'),
    manifestFile: file('manifest.json'),
    logLines,
    post: (body, headers = {}) =>
      send(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (path, headers = {}) => send(`${gateway.url}${path}`, { headers }),
    async series(name, labels = {}) {
      const page = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      return seriesValue(page, name, labels);
    },
    stop: () => stack.stop(),
  };
}

export async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, { ...init, signal: init.signal ?? AbortSignal.timeout(30_000) });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  const body = isJson ? JSON.parse(text) : undefined;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body,
    refusal: body?.errors?.[0]?.extensions ?? {},
  };
}

/** A manifest in the committed format, of documents by operation name. */
export function manifestOf(documents: ReadonlyArray<readonly [name: string, body: string]>): string {
  return JSON.stringify({
    format: 'apollo-persisted-query-manifest',
    version: 1,
    operations: documents.map(([name, body]) => ({ id: idOf(body), name, type: 'query', body })),
  });
}

export function idOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

function seriesValue(page: string, name: string, labels: Readonly<Record<string, string>>): number {
  for (const line of page.split('\n')) {
    if (!line.startsWith(`${name} `) && !line.startsWith(`${name}{`)) continue;
    if (Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`)))
      return Number(line.slice(line.lastIndexOf(' ')));
  }
  return 0;
}
