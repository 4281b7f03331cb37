import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { keep } from '../processes.mjs';

const limitMs = 60_000;

/** Starts a program that says nothing when it is ready, and resolves with its process id when it answers GraphQL. */
export async function spawnListening([command, ...args], { port, cwd, env }) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  keep(child);
  let failure;
  child.once('error', (error) => {
    failure = error;
  });
  const startedAt = performance.now();
  while (!(await answers(port))) {
    if (failure) throw failure;
    if (child.exitCode !== null) throw new Error(`${args[0] ?? command} ended with code ${child.exitCode}.`);
    if (performance.now() - startedAt > limitMs) throw new Error(`${args[0] ?? command} was not ready in time.`);
    await pause(100);
  }
  return child.pid;
}

async function answers(port) {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{__typename}"}',
    });
    return response.ok && (await response.json()).data?.__typename === 'Query';
  } catch {
    return false;
  }
}
