import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RelayChildOptions, RelayNews } from './relay-child.ts';

/** A relay in an operating system process of its own. */
export type RelayProcess = {
  /** Shards it said it owns. */
  readonly shards: number;
  /** Rows it had acknowledged. */
  readonly published: number;
  readonly isOver: boolean;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with how it ended: a signal's name or an exit code. */
  readonly ended: Promise<NodeJS.Signals | number>;
};

const script = fileURLToPath(new URL('./relay-child.ts', import.meta.url));

export function spawnRelay(options: RelayChildOptions): RelayProcess {
  const child: ChildProcess = fork(script, [JSON.stringify(options)], { execArgv: [], stdio: 'inherit' });
  let shards = 0;
  let published = 0;
  let isOver = false;
  child.on('message', (news: RelayNews) => {
    if (news.kind === 'ownership') shards = news.shards;
    if (news.kind === 'published') published += news.rows;
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    isOver = true;
    shards = 0;
    return (signal ?? code) as NodeJS.Signals | number;
  });
  return {
    get shards() {
      return shards;
    },
    get published() {
      return published;
    },
    get isOver() {
      return isOver;
    },
    signal(signal) {
      if (!isOver) child.kill(signal);
    },
    ended,
  };
}

/** SIGKILL also ends a process that stands still. */
export async function killRelays(relays: readonly RelayProcess[]): Promise<void> {
  for (const relay of relays) relay.signal('SIGKILL');
  await Promise.all(relays.map(({ ended }) => ended));
}
