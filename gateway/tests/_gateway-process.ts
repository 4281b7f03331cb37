import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { onTestFinished } from 'vitest';

/** A gateway in an operating system process of its own, and those it has for workers. */
export type GatewayProcess = {
  /** Its /graphql. */
  readonly url: string;
  readonly adminUrl: string;
  /** What it has logged so far. */
  readonly logLines: ReadonlyArray<Readonly<Record<string, unknown>>>;
  /** SIGTERM; resolves to the exit code when it has stopped. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when the process is gone. May be called twice. */
  kill(): Promise<void>;
};

const program = fileURLToPath(new URL('../src/bin/server.ts', import.meta.url));

/** Killed at the end of the test, if it is still there. */
export async function spawnGateway(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  const logLines: GatewayProcess['logLines'][number][] = [];
  const { url, adminUrl } = await Promise.race([
    addresses(child, logLines),
    exited.then(() => Promise.reject(new Error('The gateway ended at once.'))),
  ]);
  return {
    url: `${url}/graphql`,
    adminUrl,
    logLines,
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
    kill,
  };
}

/** Returns the status of one request on a connection of its own. */
export async function askAnew({ url }: GatewayProcess, query: string): Promise<number> {
  const dispatcher = new Agent();
  try {
    const { statusCode, body } = await request(url, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    await body.dump();
    return statusCode;
  } finally {
    await dispatcher.close();
  }
}

/** As its log says when it is ready; what it logs later is kept as well. */
function addresses(
  { stdout }: ChildProcess,
  logLines: GatewayProcess['logLines'][number][],
): Promise<{ url: string; adminUrl: string }> {
  if (!stdout) throw new Error('The gateway has no output.');
  const { promise, resolve, reject } = Promise.withResolvers<{ url: string; adminUrl: string }>();
  const lines = createInterface({ input: stdout });
  lines.on('line', (line) => {
    const entry = JSON.parse(line);
    logLines.push(entry);
    // Each worker says for itself that it is ready.
    if (entry.msg === 'gateway ready' && entry.worker === undefined) resolve(entry);
  });
  lines.on('close', () => reject(new Error('The gateway ended before it was ready.')));
  return promise;
}
