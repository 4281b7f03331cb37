import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A gateway in an operating system process of its own. */
export type GatewayProcess = {
  /** Its /graphql. */
  readonly url: string;
  /** SIGKILL; resolves when the process is gone. May be called twice. */
  kill(): Promise<void>;
};

const program = fileURLToPath(new URL('../src/bin/server.ts', import.meta.url));

export async function spawnGateway(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const url = await Promise.race([
    urlOf(child),
    exited.then(() => Promise.reject(new Error('The gateway ended at once.'))),
  ]);
  return {
    url: `${url}/graphql`,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** As its log says when it is ready. */
async function urlOf({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('The gateway has no output.');
  for await (const line of createInterface({ input: stdout })) {
    const { msg, url } = JSON.parse(line);
    if (msg !== 'gateway ready') continue;
    stdout.resume();
    return url;
  }
  throw new Error('The gateway ended before it was ready.');
}
