import { type DirectSession, openDirectSession, type Session } from '@nova/postgres';

/** The session that holds the locks, hears the notifications, reads and deletes. Any error of a statement ends it. */
export type LockSession = Session &
  Pick<DirectSession, 'lost' | 'close'> & {
    /**
     * Resolves when a statement of this session succeeded that began less than `withinMs` ago: what the session locked
     * before, it held until then.
     */
    prove(withinMs: number): Promise<void>;
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

/** Rejects when the database cannot be reached. */
export async function openLockSession(options: LockSessionOptions): Promise<LockSession> {
  const { directUrl, schema, statementTimeoutMs: timeoutMs, onNotification, abandon } = options;
  const session = await openDirectSession({
    url: directUrl,
    applicationName: 'outbox-relay',
    timeoutMs,
    connectTimeoutMs,
    abandon,
  });
  const onAbandon = () => session.end(new Error('The session was abandoned.'));
  abandon.addEventListener('abort', onAbandon);
  session.lost.addEventListener('abort', () => abandon.removeEventListener('abort', onAbandon));
  let provenAt = Number.NEGATIVE_INFINITY;
  // There are few texts with values, and planning them takes longer than running them.
  const query: Session['query'] = async (text, values) => {
    const startedAt = performance.now();
    try {
      const answer = await (values ? session.queryPrepared(text, values) : session.query(text));
      provenAt = Math.max(provenAt, startedAt);
      return answer as never;
    } catch (error) {
      session.end(error);
      throw error;
    }
  };
  try {
    await prepare({ query }, schema);
    await session.listen(`outbox_${schema}`, onNotification);
  } catch (error) {
    session.end(error);
    throw error;
  }
  return {
    query,
    lost: session.lost,
    close: session.close,
    async prove(withinMs) {
      session.lost.throwIfAborted();
      if (performance.now() - provenAt > withinMs) await query('select 1');
    },
  };
}

/** Sorting and scanning all rows look cheap to the planner while statistics say that the queue is empty; such a plan would be kept. */
async function prepare(session: Session, schema: string): Promise<void> {
  await session.query(`select set_config('search_path', quote_ident($1), false)`, [schema]);
  await session.query(
    `set jit = off; set plan_cache_mode = force_generic_plan;
     set enable_sort = off; set enable_seqscan = off; set enable_bitmapscan = off; set enable_hashjoin = off; set enable_mergejoin = off`,
  );
}
