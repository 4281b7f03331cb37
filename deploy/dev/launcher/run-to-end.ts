import { Advice } from '../bootstrap/advice.mjs';
import { type ProcessSpec, spawnNode } from './node-process.ts';

/**
 * Runs a program to its end and hands its IPC messages to `onMessage`. Throws `Advice` with what it printed when it
 * fails; ends it when `signal` aborts.
 */
export async function runToEnd(
  spec: ProcessSpec,
  options: { signal?: AbortSignal; onMessage?: (message: unknown) => void } = {},
): Promise<void> {
  const child = spawnNode(spec);
  const end = () => child.kill('SIGTERM');
  options.signal?.addEventListener('abort', end, { once: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  child.on('message', (message) => options.onMessage?.(message));
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    options.signal?.throwIfAborted();
    if (code !== 0) throw new Advice(`${output.trim()}\n\n${spec.name} failed; what it printed is above.`);
  } finally {
    options.signal?.removeEventListener('abort', end);
  }
}
