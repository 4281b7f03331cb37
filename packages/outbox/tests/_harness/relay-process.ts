import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RelayChildOptions, RelayNews } from './relay-child.ts';

/** A relay in an operating system process of its own. */
export type RelayProcess = {
  readonly pid: number;
  /** Shards it said it owns. */
  readonly shards: number;
  /** Whether it ever had a session of the database. */
  readonly isUp: boolean;
  /** Rows it had acknowledged. */
  readonly published: number;
  /** Why sends were tried again, in order. */
  readonly retries: readonly string[];
  /** Why it lost its session of the database, in order. */
  readonly troubles: readonly string[];
  readonly isOver: boolean;
  /** Calls back with everything it tells from now on. */
  onNews(listener: (news: RelayNews) => void): void;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with how it ended: a signal's name or an exit code. */
  readonly ended: Promise<NodeJS.Signals | number>;
};

const script = fileURLToPath(new URL('./relay-child.ts', import.meta.url));

/** @param preload a module that the process loads before anything else */
export function spawnRelay(options: RelayChildOptions, preload?: string): RelayProcess {
  const execArgv = preload ? ['--import', preload] : [];
  const child: ChildProcess = fork(script, [JSON.stringify(options)], { execArgv, stdio: 'inherit' });
  const retries: string[] = [];
  const troubles: string[] = [];
  let shards = 0;
  let published = 0;
  let isUp = false;
  let isOver = false;
  child.on('message', (news: RelayNews) => {
    if (news.kind === 'ownership') [isUp, shards] = [true, news.shards];
    if (news.kind === 'published') published += news.rows;
    if (news.kind === 'retry') retries.push(news.cause);
    if (news.kind === 'trouble') troubles.push(news.cause);
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    isOver = true;
    shards = 0;
    return (signal ?? code) as NodeJS.Signals | number;
  });
  return {
    pid: child.pid ?? 0,
    get shards() {
      return shards;
    },
    get isUp() {
      return isUp;
    },
    get published() {
      return published;
    },
    retries,
    troubles,
    get isOver() {
      return isOver;
    },
    onNews(listener) {
      child.on('message', listener);
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
