import { Socket } from 'node:net';
import pg from 'pg';
import type { Session } from './part-ownership.ts';

/** One direct session: its statements run one after the other, each within a time limit that ends the session. */
export type DirectSession = Session & {
  /** Like `query`, and planned once by the session: for few different texts. */
  queryPrepared: Session['query'];
  /** Aborts when the session is gone, with why as its reason. */
  readonly lost: AbortSignal;
  /** Calls back for what is notified on a channel, from the next statement on. */
  listen(channel: string, onNotification: (payload: string) => void): Promise<void>;
  /** Ends the session at once: PostgreSQL rolls back what runs and gives up its locks. */
  end(reason?: unknown): void;
  /** Ends in order, within a second, or at once when the session is lost. */
  close(): Promise<void>;
};

export type DirectSessionOptions = {
  /** Direct: neither LISTEN nor session locks pass a transaction pooler. */
  readonly url: string;
  readonly applicationName: string;
  /** Connecting, and each statement: what takes longer ends the session. */
  readonly timeoutMs: number;
  /** Of connecting alone; without it as much as of a statement. */
  readonly connectTimeoutMs?: number;
  /** Gives up connecting. */
  readonly abandon?: AbortSignal;
};

const closeTimeoutMs = 1_000;

/** Rejects when the connection is not there within the time limit. */
export async function openDirectSession(options: DirectSessionOptions): Promise<DirectSession> {
  const { url, applicationName, timeoutMs, connectTimeoutMs = timeoutMs, abandon } = options;
  const socket = new Socket();
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    stream: () => socket,
  });
  const gone = new AbortController();
  const onAbandon = () => end(new Error('The session was abandoned.'));
  const end = (reason: unknown = new Error('The session was ended.')) => {
    gone.abort(reason);
    socket.destroy();
  };
  client.on('error', end);
  client.on('end', () => end(new Error('The session ended.')));
  abandon?.addEventListener('abort', onAbandon);
  const inTurn = createTurns({ timeoutMs, lost: gone.signal, end });
  try {
    abandon?.throwIfAborted();
    await inTurn(() => client.connect());
    // Neither a paused process nor a network that swallows everything keeps a server process, and its locks, waiting.
    await inTurn(() => client.query(`set tcp_user_timeout = ${timeoutMs}; set statement_timeout = ${timeoutMs}`));
  } catch (error) {
    end(error);
    throw error;
  } finally {
    abandon?.removeEventListener('abort', onAbandon);
  }
  const names = new Map<string, string>();
  const nameOf = (text: string) => {
    const name = names.get(text) ?? `prepared_${names.size}`;
    names.set(text, name);
    return name;
  };
  return {
    lost: gone.signal,
    query: (text, values) => inTurn(() => client.query(text, values)),
    queryPrepared: (text, values = []) => inTurn(() => client.query({ name: nameOf(text), text, values })),
    async listen(channel, onNotification) {
      client.on('notification', (news) => {
        if (news.channel === channel) onNotification(news.payload ?? '');
      });
      await inTurn(() => client.query(`listen ${client.escapeIdentifier(channel)}`));
    },
    end,
    async close() {
      const timer = setTimeout(() => socket.destroy(), closeTimeoutMs);
      if (!gone.signal.aborted) await client.end().catch(() => undefined);
      clearTimeout(timer);
      end(new Error('The session was closed.'));
    },
  };
}

type Bounds = { readonly timeoutMs: number; readonly lost: AbortSignal; end(reason: Error): void };

/** Runs one piece of work after the other, each within the time limit. */
function createTurns(bounds: Bounds): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(async () => {
      bounds.lost.throwIfAborted();
      return await within(bounds, work);
    });
    last = result.catch(() => undefined);
    return result;
  };
}

/** pg leaves a statement unanswered when its socket is destroyed. */
async function within<T>({ timeoutMs, lost, end }: Bounds, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => end(new Error(`PostgreSQL did not answer within ${timeoutMs} ms.`)), timeoutMs);
  const failed = Promise.withResolvers<never>();
  const fail = () => failed.reject(lost.reason);
  lost.addEventListener('abort', fail);
  try {
    return await Promise.race([work(), failed.promise]);
  } finally {
    clearTimeout(timer);
    lost.removeEventListener('abort', fail);
  }
}
