/**
 * Runs the public federation gateway audit against the gateway and writes docs/audit.json. It takes the path of a checkout of
 * https://github.com/graphql-hive/federation-gateway-audit with its dependencies installed; nothing of it is part of Nova.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { readEnv, toConfig } from '../gateway/src/config.ts';
import { createGateway } from '../gateway/src/gateway.ts';
import { createLogger } from '../packages/runtime/src/index.ts';
import { root } from './run-step.ts';

type Expected = { readonly data?: unknown; readonly errors?: boolean };
type TestCase = { readonly query: string; readonly expected: Expected };
type Suite = {
  readonly id: string;
  readonly cases: string;
  readonly failed: ReadonlyArray<{ query: string; got: unknown }>;
};

const help = `npm run audit -- <checkout> [--engine nova|apollo] [--suite <id>]

  <checkout>  of https://github.com/graphql-hive/federation-gateway-audit, with its dependencies installed (npm install)
`;
/** The audit's own default; it writes the port into its supergraphs. */
const port = 4200;
const audit = `http://localhost:${port}`;
const emptyManifest = { format: 'apollo-persisted-query-manifest', version: 1, operations: [] };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string', default: 'nova' }, suite: { type: 'string' } },
});
const [checkout = ''] = positionals;
const runner = join(checkout, 'node_modules/tsx/dist/cli.mjs');
if (!existsSync(join(checkout, 'src/cli.ts')) || !existsSync(runner)) {
  console.error(`There is no installed checkout of the audit at "${checkout}".\n\n${help}`);
  process.exit(1);
}

const server = spawn(process.execPath, [runner, 'src/cli.ts', 'serve', '--port', String(port)], {
  cwd: checkout,
  stdio: 'ignore',
});
try {
  await untilServing(server);
  const suites: Suite[] = [];
  for (const id of await get<string[]>('/ids')) {
    if (values.suite !== undefined && values.suite !== id) continue;
    const suite = await runSuite(id);
    suites.push(suite);
    console.log(`${suite.failed.length === 0 ? '✓' : '✗'} ${id.padEnd(45)} ${suite.cases}`);
    for (const { query, got } of suite.failed) console.log(`    ${oneLine(query)}\n    ${JSON.stringify(got)}`);
  }
  report(suites);
} finally {
  server.kill('SIGTERM');
  await once(server, 'exit');
}

async function runSuite(id: string): Promise<Suite> {
  const directory = mkdtempSync(join(tmpdir(), 'nova-audit-'));
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const env = {
    APP_ENV: 'test',
    PORT: '0',
    ADMIN_PORT: '0',
    GATEWAY_ENGINE: values.engine,
    SUPERGRAPH_FILE: file('supergraph.graphql', await getText(`/${id}/supergraph`)),
    PERSISTED_MANIFEST_FILES: file('manifest.json', JSON.stringify(emptyManifest)),
    IDENTITY_PRIVATE_KEY_FILE: file('identity.pem', key),
    PLAN_THREADS: '1',
    ENTITY_CACHE: 'off',
    // Some cases ask for more than the limits of a gateway that faces strangers.
    MAX_COMPLEXITY: '5000',
    MAX_FETCHES: '100',
    MAX_WAVES: '100',
  };
  const log = createLogger({ service: 'audit', level: 'silent' });
  const gateway = await createGateway(toConfig(readEnv(env)), { log });
  try {
    const cases = await get<TestCase[]>(`/${id}/tests`);
    const marks: string[] = [];
    const failed: Array<{ query: string; got: unknown }> = [];
    for (const { query, expected } of cases) {
      const got = await ask(`${gateway.url}/graphql`, query);
      const passed = isAsExpected(got, expected);
      marks.push(passed ? '.' : 'X');
      if (!passed) failed.push({ query, got });
    }
    return { id, cases: marks.join(''), failed };
  } finally {
    await gateway.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** As the audit compares: errors only where it says whether there should be some. */
function isAsExpected(got: { data?: unknown; errors?: readonly unknown[] }, expected: Expected): boolean {
  const errors = (got.errors ?? []).length > 0;
  return (
    isDeepStrictEqual(got.data ?? null, expected.data ?? null) &&
    (typeof expected.errors !== 'boolean' || errors === expected.errors)
  );
}

async function ask(url: string, query: string): Promise<{ data?: unknown; errors?: unknown[] }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
    signal: AbortSignal.timeout(30_000),
  });
  return (await response.json()) as { data?: unknown; errors?: unknown[] };
}

async function getText(path: string): Promise<string> {
  const headers = { accept: 'application/json' };
  const response = await fetch(audit + path, { headers, signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`The audit answered ${path} with status ${response.status}.`);
  return response.text();
}

async function get<T>(path: string): Promise<T> {
  return JSON.parse(await getText(path)) as T;
}

async function untilServing(child: ChildProcess): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  for (;;) {
    signal.throwIfAborted();
    if (child.exitCode !== null) throw new Error(`The audit ended; is port ${port} free?`);
    if (await getText('/_health').catch(() => undefined)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function report(suites: readonly Suite[]): void {
  const cases = suites.reduce((sum, suite) => sum + suite.cases.length, 0);
  const failed = suites.reduce((sum, suite) => sum + suite.failed.length, 0);
  console.log(`${cases - failed} of ${cases} cases pass.`);
  if (failed > 0) process.exitCode = 1;
  if (values.suite !== undefined || values.engine !== 'nova') return;
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: checkout, encoding: 'utf8' }).trim();
  const result = {
    audit: 'https://github.com/graphql-hive/federation-gateway-audit',
    commit,
    cases,
    passed: cases - failed,
    suites: Object.fromEntries(suites.map(({ id, cases: marks }) => [id, marks])),
  };
  writeFileSync(join(root, 'docs/audit.json'), `${JSON.stringify(result, null, 2)}\n`);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
