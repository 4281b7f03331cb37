import { fork } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StopStack } from '@nova/runtime';
import { type Surroundings, startSurroundings } from '../_surroundings.ts';
import { type LogLine, manifestOf } from '../_world.ts';
import type { Figures, FiguresRequest } from './figures.ts';

/** The gateway's own program in a process of its own, so that its figures are of nothing else. */
export type GatewayProcess = {
  readonly url: string;
  readonly adminUrl: string;
  readonly subgraphs: Surroundings['subgraphs'];
  readonly issuer: Surroundings['issuer'];
  readonly supergraphFile: string;
  /** Since the last call. */
  figures(request?: FiguresRequest): Promise<Figures>;
  readonly isRunning: boolean;
  /** What it logged as worse than a warning, and what else it wrote to standard error. */
  complaints(): Promise<string[]>;
  /** Resolves with its exit code. */
  stop(): Promise<number | null>;
};

const program = join(import.meta.dirname, '../../src/bin/server.ts');
const preload = join(import.meta.dirname, 'figures.ts');

export async function startGatewayProcess(
  options: { readonly env?: Readonly<Record<string, string>>; readonly manifest?: string } = {},
): Promise<GatewayProcess> {
  const stack = new StopStack();
  const { env, directory, subgraphs, issuer, supergraphFile } = await startSurroundings(
    stack,
    options.manifest ?? manifestOf([]),
  );
  const file = (name: string) => join(directory, name);
  const output = await open(file('output'), 'w');
  const errors = await open(file('errors'), 'w');
  const child = fork(program, {
    // A busy machine makes the event loop late as well, and that is not what is tested.
    env: {
      ...process.env,
      NODE_ENV: 'production',
      NODE_OPTIONS: '',
      MAX_EVENT_LOOP_LAG_MS: '60000',
      ...env,
      ...options.env,
    },
    execArgv: ['--expose-gc', '--import', preload],
    // Into files: a pipe that is not read at once would block the gateway.
    stdio: ['ignore', output.fd, errors.fd, 'ipc'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  await Promise.race([once(child, 'message'), exited]);
  await Promise.all([output.close(), errors.close()]);
  const logLines = async () =>
    (await readFile(file('output'), 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line): LogLine => JSON.parse(line));
  const ready = (await logLines()).find(({ msg }) => msg === 'gateway ready');
  if (!ready) throw new Error(`The gateway did not start: ${await readFile(file('errors'), 'utf8')}`);
  return {
    url: String(ready.url),
    adminUrl: String(ready.adminUrl),
    subgraphs,
    issuer,
    supergraphFile,
    async figures(request = { collectGarbage: false }) {
      const answer = once(child, 'message');
      child.send(request);
      const [figures] = await answer;
      return figures as Figures;
    },
    get isRunning() {
      return child.exitCode === null && child.signalCode === null;
    },
    async complaints() {
      const bad = (await logLines()).filter(({ level }) => level === 'error' || level === 'fatal');
      const written = await readFile(file('errors'), 'utf8');
      return [...bad.map((line) => JSON.stringify(line)), ...(written === '' ? [] : [written])];
    },
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      await stack.stop();
      return code;
    },
  };
}
