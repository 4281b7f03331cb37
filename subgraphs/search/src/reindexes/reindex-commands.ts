import { AppError, isAppError } from '@nova/errors';
import { type DirectSession, databaseFailure, openDirectSession } from '@nova/postgres';
import { backoffMs, waitFor } from '@nova/resilience';
import type { CallCause } from '@nova/rpc';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { PostDocument, UserDocument } from '../documents/document.ts';
import type { Sources } from '../documents/sources.ts';
import {
  abandonReindex,
  analyzeNext,
  beginReindex,
  lockReindex,
  nextPosts,
  nextUsers,
  swapIndexes,
  takeOverChanges,
} from './reindex-repository.ts';

/** Documents written so far. */
export type ReindexProgress = { readonly users: number; readonly posts: number; readonly isDone: boolean };

export type Reindexes = {
  /**
   * Builds the index anew beside the serving one and swaps them at the end; the last step that it yields is done. Until then nothing has
   * changed for anybody, and whoever stops in between, or dies, leaves the serving index. Throws CONFLICT while another runs.
   */
  run(request: { readonly cause: CallCause; readonly signal: AbortSignal }): AsyncGenerator<ReindexProgress>;
};

type Parts = {
  readonly db: Kysely<Tables>;
  /** Direct: the lock is its session's. */
  readonly directUrl: string;
  readonly sources: Sources;
  readonly write: {
    readonly users: (db: Kysely<Tables>, users: readonly UserDocument[], to: Beside) => Promise<void>;
    readonly posts: (db: Kysely<Tables>, posts: readonly PostDocument[], to: Beside) => Promise<void>;
  };
};

type Beside = { readonly table: string; readonly existing: 'keep' };

const sessionTimeoutMs = 30_000;
const changesAtOnce = 1_000;
/** So few are taken over while nobody may write. */
const fewChanges = 100;
const maxCatchUps = 100;
const maxSwapTries = 60;
const swapBackoff = { firstMs: 50, maxMs: 1_000 };

export function createReindexes(parts: Parts): Reindexes {
  return {
    async *run({ cause, signal }) {
      const session = await openDirectSession({
        url: parts.directUrl,
        applicationName: 'nova-search-reindex',
        timeoutMs: sessionTimeoutMs,
      });
      try {
        await lockReindex(session);
        yield* build(parts, { session, cause, signal: AbortSignal.any([signal, session.lost]) });
      } catch (error) {
        throw session.lost.aborted && !signal.aborted ? sessionLost(error) : error;
      } finally {
        await session.close();
      }
    },
  };
}

type Run = { readonly session: DirectSession; readonly cause: CallCause; readonly signal: AbortSignal };

async function* build(parts: Parts, { session, ...walk }: Run): AsyncGenerator<ReindexProgress> {
  const { db, sources, write } = parts;
  const id = await beginReindex(db);
  let isSwapped = false;
  try {
    const counts = { users: 0, posts: 0 };
    for await (const users of sources.allUsers(walk)) {
      walk.signal.throwIfAborted();
      await write.users(db, users, { table: nextUsers, existing: 'keep' });
      counts.users += users.length;
      yield { ...counts, isDone: false };
    }
    for await (const posts of sources.allPosts(walk)) {
      walk.signal.throwIfAborted();
      await write.posts(db, posts, { table: nextPosts, existing: 'keep' });
      counts.posts += posts.length;
      yield { ...counts, isDone: false };
    }
    await analyzeNext(db);
    await catchUp(db);
    await swap(db, { id, signal: walk.signal });
    isSwapped = true;
    yield { ...counts, isDone: true };
  } finally {
    if (!isSwapped && !session.lost.aborted) await abandonReindex(session, id);
  }
}

async function catchUp(db: Kysely<Tables>): Promise<void> {
  for (let round = 0; round < maxCatchUps; round += 1) {
    if ((await takeOverChanges(db, changesAtOnce)) < fewChanges) return;
  }
}

async function swap(db: Kysely<Tables>, { id, signal }: { id: string; signal: AbortSignal }): Promise<void> {
  for (let failures = 1; ; failures += 1) {
    signal.throwIfAborted();
    try {
      return await swapIndexes(db, id);
    } catch (error) {
      const failure = isAppError(error) ? error : databaseFailure(error);
      const isBusy = failure?.code === 'DEADLINE_EXCEEDED' && !signal.aborted;
      if (!isBusy || failures >= maxSwapTries) throw error;
      await waitFor(backoffMs(swapBackoff, failures), signal);
    }
  }
}

/** Whoever else rebuilds now may have its lock. */
function sessionLost(cause: unknown): AppError {
  return new AppError('SERVICE_UNAVAILABLE', 'The rebuild lost its database session.', { cause });
}
