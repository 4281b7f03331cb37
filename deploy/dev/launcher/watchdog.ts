import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A shell that holds the reading end of a pipe from this process and stops another process when the pipe closes: the one
 * signal of our death that even SIGKILL cannot suppress. To be killed once that process has ended. `dataDir` tells whoever
 * lists processes what it belongs to.
 */
export function startWatchdog(watched: { name: string; pid: number; dataDir: string }): ChildProcess {
  const script =
    'read -r _; kill -TERM "$1" 2>/dev/null || exit 0; ' +
    'i=0; while [ $i -lt 50 ]; do sleep 0.2; kill -0 "$1" 2>/dev/null || exit 0; i=$((i+1)); done; kill -KILL "$1"';
  const watchdog = spawn(
    '/bin/sh',
    ['-c', script, `nova-${watched.name}-watchdog`, String(watched.pid), watched.dataDir],
    {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  );
  watchdog.stdin?.on('error', () => undefined);
  watchdog.unref();
  return watchdog;
}
