import type { QueryResultRow } from 'pg';

/** One session: a pg client, or what queues the statements of several users of one. */
export type Session = {
  query<R extends QueryResultRow>(text: string, values?: unknown[]): Promise<{ rows: R[] }>;
};

/** The parts of something (shards, partitions) that one member of a group holds by session advisory locks. */
export type PartOwnership = {
  readonly owned: ReadonlySet<string>;
  /**
   * Counts the members and takes free parts up to a fair share. Returns parts that are over it: `release` them once they
   * are no longer worked on, so that others can take them. Also the sign of life of the session: see `joinParts`.
   */
  balance(): Promise<{
    readonly members: number;
    readonly taken: readonly string[];
    readonly surplus: readonly string[];
  }>;
  release(parts: readonly string[]): Promise<void>;
};

/**
 * Joins the group of a scope, which divides `parts` among its members. Everything is held by the session of `client`,
 * which must be direct (no transaction pooler) and is lost with it: by a crash at once, by a paused or unreachable process
 * after `idleTimeoutMs`, when the server ends the session. So `balance` must be called more often than that, and whatever
 * is done for a part must follow a successful statement of this session closely.
 * Locks are database-wide, so `scope` names the schema too.
 */
export async function joinParts(
  client: Session,
  options: { scope: string; parts: readonly string[]; idleTimeoutMs: number },
): Promise<PartOwnership> {
  const { scope, parts } = options;
  await client.query(`set idle_session_timeout = ${Math.round(options.idleTimeoutMs)}`);
  // A reader that stands still with unread rows is not idle to the server: it waits in a write until this ends it.
  await client.query(`set tcp_user_timeout = ${Math.round(options.idleTimeoutMs)}`);
  await client.query('select pg_advisory_lock_shared(hashtextextended($1, 0))', [scope]);
  const owned = new Set<string>();
  return {
    owned,
    async balance() {
      const { members, rank } = await findPlace(client, scope);
      const share = shareOf(parts.length, { members, rank });
      const free = parts.filter((part) => !owned.has(part));
      const taken =
        owned.size < share ? await takeFree(client, { scope, parts: shuffled(free), limit: share - owned.size }) : [];
      for (const part of taken) owned.add(part);
      return { members, taken, surplus: [...owned].slice(share) };
    },
    async release(given) {
      const held = given.filter((part) => owned.delete(part));
      if (held.length === 0) return;
      await client.query(
        `select pg_advisory_unlock(hashtextextended($1 || ':' || part, 0)) from unnest($2::text[]) part`,
        [scope, held],
      );
    },
  };
}

type Place = { readonly members: number; readonly rank: number };

/** Shares differ by one at most, and those that are one larger go to the first ranks: rounding up for all would starve the last. */
function shareOf(parts: number, { members, rank }: Place): number {
  return Math.floor(parts / members) + (rank < parts % members ? 1 : 0);
}

/** Every member sees the same order of backends, so that their shares add up to all parts. */
async function findPlace(client: Session, scope: string): Promise<Place> {
  const { rows } = await client.query<Place>(
    `with wanted as (select hashtextextended($1, 0) as key)
     select count(*)::int as members, (count(*) filter (where pid < pg_backend_pid()))::int as rank
     from pg_locks, wanted
     where locktype = 'advisory' and mode = 'ShareLock' and granted and objsubid = 1
       and database = (select oid from pg_database where datname = current_database())
       and classid = ((key >> 32) & 4294967295)::oid and objid = (key & 4294967295)::oid`,
    [scope],
  );
  const [place] = rows;
  if (!place || place.members === 0) throw new Error(`This session is no member of ${scope}.`);
  return place;
}

/** The limit stops the scan, so that no more locks are tried than are wanted. */
async function takeFree(
  client: Session,
  wanted: { scope: string; parts: readonly string[]; limit: number },
): Promise<string[]> {
  const { rows } = await client.query<{ part: string }>(
    `select part from unnest($2::text[]) part
     where pg_try_advisory_lock(hashtextextended($1 || ':' || part, 0)) limit $3`,
    [wanted.scope, wanted.parts, wanted.limit],
  );
  return rows.map(({ part }) => part);
}

/** Members that begin at different ends meet less. */
function shuffled<T>(items: readonly T[]): T[] {
  const start = Math.floor(Math.random() * items.length);
  return [...items.slice(start), ...items.slice(0, start)];
}
