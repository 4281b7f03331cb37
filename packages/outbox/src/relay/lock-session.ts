import { Socket } from 'node:net';
import type { Session } from '@nova/postgres';
import pg from 'pg';

/**
 * One direct session: it holds the locks, hears the notifications, reads and deletes. Its statements run one after the
 * other, and those with values are planned once: there must be few different texts.
 */
export type LockSession = Session & {
  /** Aborts when the session is gone, with why as its reason. Any error of a statement ends the session. */
  readonly lost: AbortSignal;
  /**
   * Resolves when a statement of this session succeeded that began less than `withinMs` ago: what the session locked
   * before, it held until then.
   */
  prove(withinMs: number): Promise<void>;
  /** Ends in order, within a second, or at once when the session is lost. */
  close(): Promise<void>;
};

export type LockSessionOptions = {
  readonly directUrl: string;
  readonly schema: string;
  readonly statementTimeoutMs: number;
  /** Called for every notification of the schema's outbox. */
  readonly onNotification: () => void;
  /** Ends the session at once. */
  readonly abandon: AbortSignal;
};

const connectTimeoutMs = 5_000;
const closeTimeoutMs = 1_000;

/** Rejects when the database cannot be reached. */
export async function openLockSession(options: LockSessionOptions): Promise<LockSession> {
  const { directUrl, schema, statementTimeoutMs, abandon } = options;
  const socket = new Socket();
  const client = new pg.Client({
    connectionString: directUrl,
    application_name: 'outbox-relay',
    connectionTimeoutMillis: connectTimeoutMs,
    // The server's own limit comes first when the server is there to keep it.
    query_timeout: statementTimeoutMs + 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    stream: () => socket,
  });
  const gone = new AbortController();
  const lose = (reason: unknown) => {
    gone.abort(reason);
    socket.destroy();
  };
  const onAbandon = () => lose(new Error('The session was abandoned.'));
  client.on('error', lose);
  client.on('end', () => lose(new Error('The session ended.')));
  client.on('notification', options.onNotification);
  abandon.addEventListener('abort', onAbandon);
  gone.signal.addEventListener('abort', () => abandon.removeEventListener('abort', onAbandon));
  const session = inTurn(client, { gone: gone.signal, lose });
  try {
    abandon.throwIfAborted();
    await client.connect();
    await prepare(session, { schema, statementTimeoutMs });
  } catch (error) {
    lose(error);
    throw error;
  }
  return {
    ...session,
    lost: gone.signal,
    async close() {
      const timer = setTimeout(() => socket.destroy(), closeTimeoutMs);
      if (!gone.signal.aborted) await client.end().catch(() => undefined);
      clearTimeout(timer);
      lose(new Error('The session was closed.'));
    },
  };
}

/** Sorting and scanning all rows look cheap to the planner while statistics say that the queue is empty; such a plan would be kept. */
async function prepare(session: Session, options: { schema: string; statementTimeoutMs: number }): Promise<void> {
  await session.query(`select set_config('search_path', quote_ident($1), false)`, [options.schema]);
  await session.query(
    `set statement_timeout = ${options.statementTimeoutMs}; set jit = off; set plan_cache_mode = force_generic_plan;
     set enable_sort = off; set enable_seqscan = off; set enable_bitmapscan = off; set enable_hashjoin = off; set enable_mergejoin = off`,
  );
  await session.query(`listen ${new pg.Client().escapeIdentifier(`outbox_${options.schema}`)}`);
}

type Ending = { readonly gone: AbortSignal; lose(reason: unknown): void };

function inTurn(client: pg.Client, { gone, lose }: Ending): Session & Pick<LockSession, 'prove'> {
  let last: Promise<unknown> = Promise.resolve();
  let provenAt = Number.NEGATIVE_INFINITY;
  const names = new Map<string, string>();
  const nameOf = (text: string) => {
    const name = names.get(text) ?? `relay_${names.size}`;
    names.set(text, name);
    return name;
  };
  const query: Session['query'] = (text, values) => {
    const result = last.then(async () => {
      gone.throwIfAborted();
      const startedAt = performance.now();
      try {
        const answer = await unlessLost(client.query(values ? { name: nameOf(text), text, values } : text), gone);
        provenAt = startedAt;
        return answer;
      } catch (error) {
        lose(error);
        throw error;
      }
    });
    last = result.catch(() => undefined);
    return result;
  };
  return {
    query,
    async prove(withinMs) {
      gone.throwIfAborted();
      if (performance.now() - provenAt > withinMs) await query('select 1');
    },
  };
}

/** pg leaves a statement unanswered when its socket is destroyed. */
async function unlessLost<T>(work: Promise<T>, gone: AbortSignal): Promise<T> {
  const lost = Promise.withResolvers<never>();
  const fail = () => lost.reject(gone.reason);
  gone.addEventListener('abort', fail);
  try {
    return await Promise.race([work, lost.promise]);
  } finally {
    gone.removeEventListener('abort', fail);
  }
}
