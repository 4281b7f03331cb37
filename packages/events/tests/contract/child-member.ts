import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { LogEngine } from './log-engine.ts';

export type ChildTask = {
  readonly engine: LogEngine;
  readonly group: string;
  readonly topic: string;
  /** How long it takes over each record. */
  readonly handleMs: number;
};

export type HandledRecord = {
  readonly key: string;
  readonly partition: number;
  readonly offset: string;
  readonly text: string;
  /** Nanoseconds of the machine's monotonic clock, the same in every process. */
  readonly at: bigint;
};

export type ChildMember = {
  /** Partitions that it began to handle records of. */
  readonly begun: ReadonlySet<number>;
  readonly handled: readonly HandledRecord[];
  /** Offsets whose commit was refused, as `partition/offset`. */
  readonly refused: readonly string[];
  signal(name: NodeJS.Signals): void;
  /** Sends a signal that ends it, and resolves when it is gone. */
  end(name: NodeJS.Signals): Promise<void>;
};

/** Starts a member of a group in a process of its own. */
export function startChild(task: ChildTask): ChildMember {
  const script = fileURLToPath(new URL('./consume-in-child.ts', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(task)], { stdio: ['pipe', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const handled: HandledRecord[] = [];
  const refused: string[] = [];
  const begun = new Set<number>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line);
    if (said.kind === 'begun') begun.add(said.partition);
    if (said.kind === 'handled') handled.push({ ...said, at: BigInt(said.at) });
    if (said.kind === 'refused') refused.push(`${said.partition}/${said.offset}`);
  });
  child.stderr.resume();
  return {
    begun,
    handled,
    refused,
    signal: (name) => void child.kill(name),
    async end(name) {
      child.kill(name);
      await closed;
    },
  };
}
