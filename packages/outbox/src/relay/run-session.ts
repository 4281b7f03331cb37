import { type EventLog, PublishError } from '@nova/events';
import type { Backoff } from './backoff.ts';
import type { Bell } from './bell.ts';
import { createHeldKeys } from './held-keys.ts';
import { openLockSession } from './lock-session.ts';
import { selectRow, selectRows } from './outbox-rows.ts';
import { type PublishDeps, publishRows, retryRow } from './publish-rows.ts';
import { createPublisher } from './publisher.ts';
import type { RelayLimits } from './relay-limits.ts';
import type { RelayObserver } from './relay-observer.ts';
import { keepShards, type ShardKeeper } from './shard-keeper.ts';

export type SessionRun = {
  readonly directUrl: string;
  readonly schema: string;
  readonly log: EventLog;
  readonly limits: RelayLimits;
  readonly observer: RelayObserver;
  readonly bell: Bell;
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
  const { limits, observer, bell, stopping } = run;
  const session = await openLockSession({
    directUrl: run.directUrl,
    schema: run.schema,
    statementTimeoutMs: limits.statementTimeoutMs,
    onNotification: bell.ring,
    abandon: run.abandon,
  });
  session.lost.addEventListener('abort', bell.ring);
  const { publishTimeoutMs } = limits;
  const publisher = createPublisher({ log: run.log, publishTimeoutMs, giveUp: session.lost, stopping });
  const held = createHeldKeys(limits.backoffMs);
  let shards: ShardKeeper | undefined;
  try {
    shards = await keepShards(session, { schema: run.schema, limits, observer, onChange: bell.ring });
    observer.onConnected?.(true);
    run.onReady();
    await publishUntilStopped(run, { session, publisher, held, limits, observer, stopping, shards });
  } finally {
    shards?.stop();
    await publisher.close();
    await session.close();
    observer.onOwnership?.({ shards: 0, members: 0 });
    observer.onConnected?.(false);
  }
}

type LoopDeps = PublishDeps & { readonly shards: ShardKeeper };

async function publishUntilStopped(run: SessionRun, deps: LoopDeps): Promise<void> {
  const { bell, stopping, logBackoff, observer } = run;
  let pausedUntil = 0;
  while (!stopping.aborted) {
    bell.hush();
    deps.session.lost.throwIfAborted();
    await deps.shards.releaseSurplus();
    deps.held.tidy(deps.shards.owned);
    let waitMs = pausedUntil - performance.now();
    if (waitMs <= 0 && !stopping.aborted) {
      try {
        waitMs = await publishOnce(run, deps);
      } catch (error) {
        if (!(error instanceof PublishError)) throw error;
        waitMs = logBackoff.next();
        pausedUntil = performance.now() + waitMs;
        observer.onRetry?.({ waitMs, error });
      }
    }
    if (!stopping.aborted) await bell.wait(waitMs);
  }
}

/** One batch, and one row of a held key; returns how long to wait before the next. */
async function publishOnce({ logBackoff }: SessionRun, deps: LoopDeps): Promise<number> {
  const { session, publisher, held, shards, limits, observer } = deps;
  if (shards.owned.size === 0) return limits.pollMs;
  await publisher.open();
  await retryDue(deps);
  observer.onStep?.('selecting');
  const readAt = performance.now();
  const rows = await selectRows(session, {
    shards: [...shards.owned],
    held: held.list(),
    rows: limits.batchRows,
    bytes: limits.batchBytes,
  });
  observer.onStep?.('selected');
  if (rows.length > 0) await publishRows(deps, rows, readAt);
  logBackoff.reset();
  return rows.length > 0 ? 0 : Math.min(limits.pollMs, held.nextInMs());
}

async function retryDue(deps: LoopDeps): Promise<void> {
  const due = deps.held.due();
  if (!due) return;
  const readAt = performance.now();
  const row = await selectRow(deps.session, due.row);
  if (row) await retryRow(deps, row, readAt);
  else deps.held.free(due.row);
}
