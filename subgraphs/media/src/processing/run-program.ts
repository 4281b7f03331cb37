import { execFile } from 'node:child_process';
import { AppError } from '@nova/errors';

/** `absent`: there is no such program. `failed`: it ended with an error, of which `reason` is the end. */
export type ProgramResult =
  | { readonly kind: 'done'; readonly output: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'absent' };

const maxOutputBytes = 1024 * 1024;

/** Runs a program to its end; throws DEADLINE_EXCEEDED, and kills it, when it takes longer. Rejects when the signal aborts. */
export function runProgram(
  program: string,
  args: readonly string[],
  { cwd, searchPath, timeoutMs, signal }: { cwd: string; searchPath: string; timeoutMs: number; signal: AbortSignal },
): Promise<ProgramResult> {
  const { promise, resolve, reject } = Promise.withResolvers<ProgramResult>();
  const limits = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: maxOutputBytes } as const;
  // Who reads files of strangers is told no secrets.
  execFile(program, args, { cwd, signal, ...limits, env: { PATH: searchPath } }, (error, stdout, stderr) => {
    if (!error) resolve({ kind: 'done', output: stdout });
    else if (error.code === 'ENOENT' || error.code === 'EACCES') resolve({ kind: 'absent' });
    else if (signal.aborted) reject(signal.reason);
    else if (error.killed) reject(new AppError('DEADLINE_EXCEEDED', `${program} took longer than ${timeoutMs} ms.`));
    else resolve({ kind: 'failed', reason: stderr.slice(-1_000) });
  });
  return promise;
}
