import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger, createMetrics, StopStack } from '@nova/runtime';
import { readEnv, toConfig } from '../src/config.ts';
import { createGateway, type Gateway } from '../src/gateway.ts';
import { type Surroundings, startSurroundings } from './_surroundings.ts';

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

export type World = Pick<Surroundings, 'issuer' | 'subgraphs' | 'supergraphFile' | 'manifestFile'> & {
  readonly gateway: Gateway;
  readonly logLines: LogLine[];
  /** Settings of its gateway, for another one beside it. */
  readonly env: Readonly<Record<string, string>>;
  /** Posts a JSON body, or text as it is, to /graphql. */
  post(body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** The value of one series of the admin port's metrics page, 0 when it is not there yet. */
  series(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  stop(): Promise<void>;
};

export type WorldOptions = {
  readonly manifest?: string;
  readonly now?: () => number;
  /** Rows of SUBGRAPHS_FILE. */
  readonly policies?: Readonly<Record<string, unknown>>;
  /** Addresses under which the gateway knows subgraphs, instead of their own. */
  readonly reroute?: (subgraphs: Surroundings['subgraphs']) => Promise<Readonly<Record<string, string>>>;
};

/** A gateway between real subgraph servers, its files in a directory of its own. */
export async function startWorld(
  env: Readonly<Record<string, string>> = {},
  options: WorldOptions = {},
): Promise<World> {
  const stack = new StopStack();
  try {
    return await start(stack, env, options);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function start(stack: StopStack, env: Readonly<Record<string, string>>, options: WorldOptions): Promise<World> {
  const { issuer, subgraphs, supergraphFile, manifestFile, directory, ...surroundings } = await startSurroundings(
    stack,
    options.manifest ?? manifestOf([]),
  );
  const ownEnv: Record<string, string> = { ...surroundings.env, ...env };
  if (options.reroute) {
    const own = Object.entries(subgraphs).map(([name, { url }]) => [name, url] as const);
    const urls = { ...Object.fromEntries(own), ...(await options.reroute(subgraphs)) };
    ownEnv.SUBGRAPH_URLS = Object.entries(urls)
      .map((pair) => pair.join('='))
      .join(',');
  }
  if (options.policies) {
    ownEnv.SUBGRAPHS_FILE = join(directory, 'subgraphs.json');
    await writeFile(ownEnv.SUBGRAPHS_FILE, JSON.stringify(options.policies));
  }
  const config = toConfig(readEnv(ownEnv));
  const logLines: LogLine[] = [];
  const log = createLogger({ service: 'gateway', destination: { write: (line) => logLines.push(JSON.parse(line)) } });
  const metrics = createMetrics('gateway');
  const gateway = await createGateway(config, { log, metrics, now: options.now });
  stack.add('gateway', () => gateway.stop());
  return {
    gateway,
    issuer,
    subgraphs,
    supergraphFile,
    manifestFile,
    logLines,
    env: ownEnv,
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

export function seriesValue(page: string, name: string, labels: Readonly<Record<string, string>>): number {
  for (const line of page.split('\n')) {
    if (!line.startsWith(`${name} `) && !line.startsWith(`${name}{`)) continue;
    if (Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`)))
      return Number(line.slice(line.lastIndexOf(' ')));
  }
  return 0;
}
