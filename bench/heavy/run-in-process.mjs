import { fork } from 'node:child_process';
import { once } from 'node:events';
import { keep } from '../processes.mjs';

/** Hands a run to a program of its own by IPC and resolves with the one message it answers. */
export async function runInProcess(file, run) {
  const child = fork(file, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  keep(child);
  child.send(run);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${file} ended with code ${code}.`);
  });
  ended.catch(() => undefined);
  const [result] = await Promise.race([once(child, 'message'), ended]);
  return result;
}
