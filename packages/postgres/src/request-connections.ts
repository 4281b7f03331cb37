import { setTimeout as delay } from 'node:timers/promises';
import { currentDeadline, type Deadline } from '@nova/resilience';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';
import { type CancelTarget, sendCancelRequest } from './cancel-request.ts';
import { TimedQuery } from './timed-query.ts';

/** After so long a statement that is to be cancelled loses its connection instead. */
const cancelWithinMs = 5_000;
const retryCancelMs = 50;

/**
 * The pool for kysely, where statements of a request (`runWithin`) end with its deadline: PostgreSQL gives each the time that is left,
 * an abort cancels the one that runs and keeps the others from being sent, and whoever waits for a connection stops waiting. They reject
 * with the signal's reason. What else is run, and the control of transactions, is passed on as it is: a COMMIT is never cancelled.
 */
export function requestConnections(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => connectionOf((await acquire(pool, currentDeadline())) as Connected),
  };
}

/** pg's pool lets nobody leave its queue: the connection of who has left goes back as soon as it comes. */
async function acquire(pool: pg.Pool, deadline: Deadline | undefined): Promise<pg.PoolClient> {
  if (!deadline) return pool.connect();
  const { signal } = deadline;
  signal.throwIfAborted();
  const { promise: left, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal.reason);
  signal.addEventListener('abort', leave);
  const connecting = pool.connect();
  try {
    return await Promise.race([connecting, left]);
  } catch (error) {
    connecting.then(
      (client) => client.release(),
      () => undefined,
    );
    throw error;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** A connection, with what pg's types leave out. */
type Connected = pg.PoolClient & CancelTarget & { readonly connection: pg.Connection };

type Statement = { readonly text: string; readonly values: readonly unknown[] };

function connectionOf(client: Connected): PostgresPoolClient {
  // Settles when no cancel request is under way that could meet another statement, or the connection is given up.
  let quiet: Promise<unknown> = Promise.resolve();
  let isCancelling = false;
  let isGivenUp = false;

  const run = async (statement: Statement, deadline: Deadline) => {
    const { signal } = deadline;
    signal.throwIfAborted();
    const answer = send(client, statement, deadline.remainingMs());
    const cancel = () => {
      isCancelling = true;
      const cancelling = cancelUntilAnswered(client, answer).catch(() => {
        isGivenUp = true;
        client.connection.stream.destroy();
      });
      quiet = Promise.all([quiet, cancelling]);
    };
    signal.addEventListener('abort', cancel);
    try {
      return await answer;
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };

  const query = async (text: string, values: readonly unknown[]) => {
    const deadline = currentDeadline();
    if (isCancelling) await quiet;
    if (!deadline || /^rollback\b/i.test(text)) return client.query(text, [...values]);
    deadline.signal.throwIfAborted();
    if (/^(begin|start transaction|commit|savepoint|release)\b/i.test(text)) return client.query(text);
    return run({ text, values }, deadline);
  };

  return {
    query: query as unknown as PostgresPoolClient['query'],
    release(destroy) {
      if (isCancelling) void quiet.then(() => client.release(destroy || isGivenUp));
      else client.release(destroy);
    },
  };
}

function send(client: pg.PoolClient, statement: Statement, timeoutMs: number): Promise<pg.QueryResult> {
  const { promise, resolve, reject } = Promise.withResolvers<pg.QueryResult>();
  client.query(
    new TimedQuery({ ...statement, timeoutMs }, (error, result) => (error ? reject(error) : resolve(result))),
  );
  return promise;
}

/**
 * Cancels until the statement has its answer: a request that overtakes its statement, or meets a pooler that has not passed it on,
 * has no effect. Rejects when there is no answer in time, or it is not known whether a request is still on its way.
 */
async function cancelUntilAnswered(client: CancelTarget, answer: Promise<unknown>): Promise<void> {
  const answered = answer.then(
    () => true,
    () => true,
  );
  const givesUpAt = performance.now() + cancelWithinMs;
  do {
    await sendCancelRequest(client, givesUpAt - performance.now());
  } while (!(await Promise.race([answered, delay(retryCancelMs, false)])));
}
