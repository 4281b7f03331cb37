import { Socket } from 'node:net';
import type { Session } from '@nova/postgres';
import pg from 'pg';

/** One direct session: its statements run one after the other, each within a time limit that ends the session. */
export type LogSession = Session & {
  /** Aborts when the session is gone, with why as its reason. */
  readonly lost: AbortSignal;
  /** Calls back for what is notified on a channel, from the next statement on. */
  listen(channel: string, onNotification: (payload: string) => void): Promise<void>;
  /** Ends the session at once: PostgreSQL rolls back what runs and gives up its locks. */
  end(): void;
};

export type SessionOptions = {
  /** Direct: neither LISTEN nor session locks pass a transaction pooler. */
  readonly url: string;
  readonly applicationName: string;
  /** Connecting, and each statement: what takes longer ends the session. */
  readonly timeoutMs: number;
  /** Gives up connecting. */
  readonly abandon?: AbortSignal;
};

/** Rejects when the connection is not there within the time limit. */
export async function openSession(options: SessionOptions): Promise<LogSession> {
  const { url, applicationName, timeoutMs, abandon } = options;
  const socket = new Socket();
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    keepAlive: true,
    stream: () => socket,
  });
  const gone = new AbortController();
  const end = (reason: unknown) => {
    gone.abort(reason);
    socket.destroy();
  };
  client.on('error', end);
  client.on('end', () => end(new Error('The session ended.')));
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(async () => {
      gone.signal.throwIfAborted();
      return await within(timeoutMs, { work, lost: gone.signal, end });
    });
    last = result.catch(() => undefined);
    return result;
  };
  const onAbandon = () => end(new Error('The session was abandoned.'));
  abandon?.addEventListener('abort', onAbandon);
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
  return {
    lost: gone.signal,
    query: (text, values) => inTurn(() => client.query(text, values)),
    async listen(channel, onNotification) {
      client.on('notification', (news) => {
        if (news.channel === channel) onNotification(news.payload ?? '');
      });
      await inTurn(() => client.query(`listen ${client.escapeIdentifier(channel)}`));
    },
    end: () => end(new Error('The session was ended.')),
  };
}

type Bounds = { readonly lost: AbortSignal; end(reason: Error): void };

async function within<T>(timeoutMs: number, { work, lost, end }: Bounds & { work(): Promise<T> }): Promise<T> {
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
