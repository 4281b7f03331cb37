import { type ChildProcess, spawn } from 'node:child_process';
import { root } from '../../../tools/run-step.ts';

/** A program of this repository, run by this Node. */
export type ProcessSpec = {
  readonly name: string;
  /** TypeScript file, from the root of the repository. */
  readonly entry: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Cap of the heap. */
  readonly heapMb?: number;
  /** Cap of each half of the heap's young part. */
  readonly semiSpaceMb?: number;
};

export function spawnNode(spec: ProcessSpec): ChildProcess {
  const { heapMb, semiSpaceMb } = spec;
  const heap = [
    ...(heapMb ? [`--max-old-space-size=${heapMb}`] : []),
    ...(semiSpaceMb ? [`--max-semi-space-size=${semiSpaceMb}`] : []),
  ];
  return spawn(process.execPath, [...heap, spec.entry, ...(spec.args ?? [])], {
    cwd: root,
    env: { ...process.env, ...spec.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}
