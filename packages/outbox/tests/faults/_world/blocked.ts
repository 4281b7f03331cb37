import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { FaultWorld } from './fault-world.ts';

const withinMs = 20_000;

/**
 * Locks the first row that `select` finds, so that a statement of another session which wants it stands still in its
 * middle. Resolves with what lets it go on.
 */
export async function lockRow({ adminUrl, schema }: FaultWorld, select: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: adminUrl });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`set search_path = ${client.escapeIdentifier(schema)}; begin`);
  await until(`no row to lock: ${select}`, async () => {
    const { rowCount } = await client.query(`${select} limit 1 for update skip locked`);
    return rowCount === 1 || undefined;
  });
  return () => client.end();
}

/** Waits until a session of that application waits for a row's lock, and resolves with its process id. */
export function blockedSession({ pool }: FaultWorld, application: string): Promise<number> {
  return until(`no session of ${application} that waits for a row`, async () => {
    const { rows } = await pool.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and application_name = $1
         and wait_event_type = 'Lock' and wait_event in ('transactionid', 'tuple')`,
      [application],
    );
    return rows[0]?.pid;
  });
}

async function until<T>(otherwise: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(10);
  }
  throw new Error(`There is ${otherwise}.`);
}
