import { type EventLog, PublishError } from '@nova/events';
import type { Backoff, WakeUp } from '@nova/resilience';
import { createHeldKeys } from './held-keys.ts';
import { openLockSession } from './lock-session.ts';
import { type OutboxRow, selectRow, selectRows } from './outbox-rows.ts';
import { type Batch, type PublishDeps, publishRows, retryRow } from './publish-rows.ts';
import { createPublisher } from './publisher.ts';
import type { RelayLimits } from './relay-limits.ts';
import type { RelayObserver } from './relay-observer.ts';
import { keepShards, type ShardKeeper } from './shard-keeper.ts';
import { createSleep, type Sleep } from './sleep.ts';

export type SessionRun = {
  readonly directUrl: string;
  readonly schema: string;
  readonly log: EventLog;
  readonly limits: RelayLimits;
  readonly observer: RelayObserver;
  readonly wakeUp: WakeUp;
  /** Of the log; it outlives a session. */
  readonly logBackoff: Backoff;
  /** Ends the run after the batch in flight. */
  readonly stopping: AbortSignal;
  /** Ends it at once. */
  readonly abandon: AbortSignal;
  readonly onReady: () => void;
};

/** Relays with one session of the database, until stopped; rejects when the session is lost or cannot be had. */
export async function runSession(run: SessionRun): Promise<void> {
  const { limits, observer, wakeUp, stopping } = run;
  const session = await openLockSession({
    directUrl: run.directUrl,
    schema: run.schema,
    statementTimeoutMs: limits.statementTimeoutMs,
    onNotification: wakeUp.wake,
    abandon: run.abandon,
  });
  session.lost.addEventListener('abort', wakeUp.wake);
  const { publishTimeoutMs } = limits;
  const publisher = createPublisher({ log: run.log, publishTimeoutMs, giveUp: session.lost, stopping });
  const held = createHeldKeys(limits.backoff);
  let shards: ShardKeeper | undefined;
  let sleep: Sleep | undefined;
  try {
    shards = await keepShards(session, { schema: run.schema, limits, observer, onChange: wakeUp.wake });
    sleep = createSleep(session, { pollMs: limits.pollMs });
    observer.onConnected?.(true);
    run.onReady();
    await publishUntilStopped(run, { session, publisher, held, limits, observer, stopping, shards, sleep });
  } finally {
    shards?.stop();
    await publisher.close();
    if (!session.lost.aborted) await sleep?.leave().catch(() => undefined);
    await session.close();
    observer.onOwnership?.({ shards: 0, members: 0 });
    observer.onConnected?.(false);
  }
}

type LoopDeps = PublishDeps & { readonly shards: ShardKeeper; readonly sleep: Sleep };

async function publishUntilStopped(run: SessionRun, deps: LoopDeps): Promise<void> {
  const { wakeUp, stopping, logBackoff, observer } = run;
  let pausedUntil = 0;
  let ahead: Batch | undefined;
  while (!stopping.aborted) {
    wakeUp.reset();
    deps.session.lost.throwIfAborted();
    if (deps.shards.hasSurplus()) {
      ahead = undefined;
      await deps.shards.releaseSurplus();
    }
    deps.held.tidy(deps.shards.owned);
    let waitMs = pausedUntil - performance.now();
    if (waitMs <= 0 && !stopping.aborted) {
      try {
        ({ waitMs, ahead } = await publishOnce(run, deps, ahead));
      } catch (error) {
        if (!(error instanceof PublishError)) throw error;
        ahead = undefined;
        waitMs = logBackoff.next();
        pausedUntil = performance.now() + waitMs;
        observer.onRetry?.({ waitMs, error });
      }
    }
    if (!stopping.aborted) await wakeUp.wait(waitMs);
  }
}

type Round = { readonly waitMs: number; readonly ahead?: Batch | undefined };

/**
 * One batch, and one row of a held key; returns how long to wait before the next. While a large batch is sent the one
 * after it is read, to be sent when the rows of the first are deleted: what a crash repeats is one batch.
 */
async function publishOnce(
  { logBackoff, stopping }: SessionRun,
  deps: LoopDeps,
  ahead: Batch | undefined,
): Promise<Round> {
  const { publisher, held, shards, limits, sleep } = deps;
  if (shards.owned.size === 0) {
    await sleep.leave();
    return { waitMs: limits.pollMs };
  }
  await publisher.open();
  await retryDue(deps);
  if (stopping.aborted) return { waitMs: 0 };
  const batch = ahead ?? (await readBatch(deps, []));
  const reading = isLarge(batch, limits) && !shards.hasSurplus() ? readBatch(deps, batch.rows) : undefined;
  // Whoever waits for it is told; after an error nobody waits.
  reading?.catch(() => undefined);
  const isTaken = batch.rows.length === 0 || (await publishRows(deps, batch));
  logBackoff.reset();
  const next = await reading;
  const lookAgainMs = await sleep.afterLook(batch.rows.length > 0);
  if (batch.rows.length === 0) return { waitMs: Math.min(lookAgainMs, held.nextInMs()) };
  // What was read before a key was refused may hold later rows of it; and an empty look may be older than the last ring.
  return { waitMs: 0, ahead: isTaken && next && next.rows.length > 0 ? next : undefined };
}

async function readBatch({ session, shards, held, limits, observer }: LoopDeps, underWay: readonly OutboxRow[]) {
  observer.onStep?.('selecting');
  const readAt = performance.now();
  const rows = await selectRows(session, {
    shards: [...shards.owned],
    held: held.list(),
    underWay: underWay.map(({ id }) => id),
    rows: limits.batchRows,
    bytes: limits.batchBytes,
  });
  observer.onStep?.('selected');
  return { rows, readAt };
}

/** More than half of what a batch may hold: there is probably more. */
function isLarge({ rows }: Batch, { batchRows, batchBytes }: RelayLimits): boolean {
  return rows.length > batchRows / 2 || rows.reduce((sum, { payload }) => sum + payload.length, 0) > batchBytes / 2;
}

async function retryDue(deps: LoopDeps): Promise<void> {
  const due = deps.held.due();
  if (!due) return;
  const readAt = performance.now();
  const row = await selectRow(deps.session, due.row);
  if (row) await retryRow(deps, row, readAt);
  else deps.held.free(due.row);
}
