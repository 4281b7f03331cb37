import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';

/** Everything this run started, to be ended in the opposite order. */
const started = [];

/** Has a child ended with the others. */
export function keep(child) {
  started.push(child);
}

/** Forks a Node program and resolves when it says that it is ready. */
export async function forkReady(file, { env }) {
  const child = fork(file, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  started.push(child);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with code ${code} before it was ready.`);
  });
  ended.catch(() => undefined);
  await Promise.race([readyMessage(child), ended]);
  return child;
}

/** Starts a program and resolves when a line of its output matches. */
export async function spawnUntil(args, { env, line }) {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  let text = '';
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with code ${code}.\n${text}`)));
    child.stdout.on('data', (chunk) => {
      if (text === undefined) return;
      text += chunk;
      if (!line.test(text)) return;
      text = undefined;
      resolve();
    });
  });
  return child;
}

/** Runs one load and resolves with its counts. */
export async function load(run) {
  const child = fork(new URL('load.mjs', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  started.push(child);
  child.send(run);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The load generator ended with code ${code}.`);
  });
  ended.catch(() => undefined);
  const [result] = await Promise.race([once(child, 'message'), ended]);
  if (Object.values(result.failed).some((count) => count > 0) || result.requests < run.count)
    throw new Error(
      `${run.url} answered ${result.requests} of ${run.count} requests; the figures would mean nothing: ${JSON.stringify(result.failed)}`,
    );
  return result;
}

/** Ends what was started, last first, and waits for each. */
export async function endAll() {
  for (const child of started.splice(0).reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  }
}

/** CPU seconds a process has used, in all its threads; NaN where the system does not tell. */
export function cpuSeconds(pid) {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return Number.NaN;
  const text = readFileSync(file, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticksPerSecond = 100;
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory in MB; NaN where the system does not tell. */
export function residentMb(pid) {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return Number.NaN;
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(file, 'utf8'))?.[1]) / 1024;
}

async function readyMessage(child) {
  for (;;) {
    const [message] = await once(child, 'message');
    if (message.type === 'ready') return;
  }
}
