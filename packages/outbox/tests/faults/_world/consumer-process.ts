import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ConsumerChildOptions, ConsumerNews } from './consumer-child.ts';

/** A member of a consumer group in an operating system process of its own. */
export type ConsumerProcess = {
  readonly member: string;
  readonly pid: number;
  /** Events by what became of them here; what a killed process did last is not among it. */
  readonly results: ConsumerNews['results'];
  readonly agesMs: readonly number[];
  readonly troubles: readonly string[];
  readonly isOver: boolean;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with how it ended: a signal's name or an exit code. */
  readonly ended: Promise<NodeJS.Signals | number>;
  /** Sends a signal that ends it, and waits for that. */
  end(signal: NodeJS.Signals): Promise<NodeJS.Signals | number>;
};

const script = fileURLToPath(new URL('./consumer-child.ts', import.meta.url));

export function spawnConsumer(options: ConsumerChildOptions): ConsumerProcess {
  const child = fork(script, [JSON.stringify(options)], { execArgv: [], stdio: 'inherit' });
  let results: ConsumerNews['results'] = { handled: 0, ignored: 0, duplicate: 0, dead_lettered: 0 };
  const agesMs: number[] = [];
  const troubles: string[] = [];
  let isOver = false;
  child.on('message', (news: ConsumerNews) => {
    results = news.results;
    agesMs.push(...news.agesMs);
    troubles.push(...news.troubles);
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    isOver = true;
    return (signal ?? code) as NodeJS.Signals | number;
  });
  const signal = (name: NodeJS.Signals) => {
    if (!isOver) child.kill(name);
  };
  return {
    member: options.member,
    pid: child.pid ?? 0,
    get results() {
      return results;
    },
    agesMs,
    troubles,
    get isOver() {
      return isOver;
    },
    signal,
    ended,
    end(name) {
      signal(name);
      return ended;
    },
  };
}

/** SIGKILL also ends a process that stands still. */
export async function killConsumers(consumers: readonly ConsumerProcess[]): Promise<void> {
  await Promise.all(consumers.map((consumer) => consumer.end('SIGKILL')));
}
