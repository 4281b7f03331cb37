import { AppError } from '@nova/errors';
import { type QueryExecutorProvider, sql } from 'kysely';
import type { IdempotencyKey } from './idempotency-key.ts';

/** How long a key is remembered. */
const idempotencyKeyRetentionMs = 24 * 60 * 60 * 1000;

/** A request that may carry a key. */
export type Idempotent = { readonly idempotency: IdempotencyKey | undefined };

type AnyTransaction = QueryExecutorProvider & { readonly isTransaction: true };

/** Each key makes room for more than one, so that the table stays as large as a day's keys. */
const maxForgotten = 10;

/**
 * Gives a command its effect once for each key, in the transaction of the effect: the key is committed with it or not at
 * all. A repeat gets the earlier result; one that comes while the first is still running waits for its commit.
 * Throws IDEMPOTENCY_KEY_REUSED for a key that came with another request, and what the command throws.
 */
export async function once<Result>(
  tx: AnyTransaction,
  key: IdempotencyKey | undefined,
  command: {
    effect(): Promise<Result>;
    /** What is remembered of the result. */
    idOf(result: Result): string;
    /** The result as it is now; throws the command's own error when it is gone. */
    earlier(id: string): Promise<Result>;
  },
): Promise<Result> {
  if (!key) return command.effect();
  if (!(await claim(tx, key))) return command.earlier(await earlierId(tx, key));
  const result = await command.effect();
  await remember(tx, key, command.idOf(result));
  return result;
}

/** False when the key is taken; its row is then locked, so that nobody forgets it meanwhile. */
async function claim(tx: AnyTransaction, { key, fingerprint }: IdempotencyKey): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into idempotency_keys as taken (key, fingerprint) values (${key}, ${fingerprint})
    on conflict (key) do update set fingerprint = excluded.fingerprint, result_id = null, created_at = excluded.created_at
    where taken.created_at < clock_timestamp() - ${retention}`.execute(tx);
  return numAffectedRows === 1n;
}

async function earlierId(tx: AnyTransaction, { key, fingerprint }: IdempotencyKey): Promise<string> {
  const { rows } = await sql<{ fingerprint: string; result_id: string }>`
    select fingerprint, result_id from idempotency_keys where key = ${key}`.execute(tx);
  const [taken] = rows;
  if (taken?.fingerprint === fingerprint) return taken.result_id;
  throw new AppError('IDEMPOTENCY_KEY_REUSED', 'This idempotency key was sent with another request; take a new one.');
}

/** Forgets a few old keys too. Only now, when this transaction waits for no other's key: it can be in nobody's way. */
async function remember(tx: AnyTransaction, { key }: IdempotencyKey, resultId: string): Promise<void> {
  await sql`
    with forgotten as (
      delete from idempotency_keys where key in (
        select key from idempotency_keys where created_at < clock_timestamp() - ${retention}
        order by created_at limit ${maxForgotten} for update skip locked
      )
    )
    update idempotency_keys set result_id = ${resultId} where key = ${key}`.execute(tx);
}

const retention = sql`make_interval(secs => ${idempotencyKeyRetentionMs / 1000}::float8)`;
