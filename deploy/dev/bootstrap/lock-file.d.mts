export type TakenLock = {
  readonly kind: 'taken';
  /** What the lock of a process that is gone said; this process's own rights now include cleaning up after it. */
  readonly stale: object | undefined;
  update(change: { owners?: number[]; facts?: object }): void;
  release(): void;
};
export type HeldLock = { readonly kind: 'held'; readonly facts: object; readonly pid: number };
export function takeLock(file: string, facts: object): HeldLock | TakenLock;
