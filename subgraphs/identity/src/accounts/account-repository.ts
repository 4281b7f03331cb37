import { AppError } from '@nova/errors';
import { isUniqueViolation, isUuid } from '@nova/postgres';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { AccountsTable, Tables } from '../db/tables.ts';
import type { Account, AccountRole, Lock } from './account.ts';

const columns = [
  'id',
  'email',
  'username',
  'is_active',
  'created_at',
  'deleted_at',
  'roles',
  'failed_login_attempts',
  'locked_until',
] as const;

type Row = Pick<Selectable<AccountsTable>, (typeof columns)[number]>;

/** What a sign-in is checked against. */
export type Credentials = {
  readonly accountId: string;
  readonly passwordHash: string | null;
  readonly isLocked: boolean;
};

/** Deleted accounts too, as inactive ones: others must learn that they are gone. */
export async function findAccounts(db: Kysely<Tables>, ids: readonly string[]): Promise<Account[]> {
  const rows = await db
    .selectFrom('accounts')
    .select(columns)
    .where('id', '=', sql<string>`any(${ids.filter(isUuid)}::uuid[])`)
    .execute();
  return rows.map(toAccount);
}

/** Undefined for a deleted account. */
export async function findUndeletedAccount(db: Kysely<Tables>, id: string): Promise<Account | undefined> {
  if (!isUuid(id)) return undefined;
  const row = await db.selectFrom('active_accounts').select(columns).where('id', '=', id).executeTakeFirst();
  return row && toAccount(row);
}

export async function findActiveAccount(db: Kysely<Tables>, id: string): Promise<Account | undefined> {
  const [account] = await findAccounts(db, [id]);
  return account?.isActive ? account : undefined;
}

/** Upper and lower case are the same; the name of a deleted account is nobody's. */
export async function findAccountByUsername(db: Kysely<Tables>, username: string): Promise<Account | undefined> {
  const row = await db
    .selectFrom('active_accounts')
    .select(columns)
    .where(sql<string>`lower(username)`, '=', sql<string>`lower(${username})`)
    .executeTakeFirst();
  return row && toAccount(row);
}

export async function findAccountByEmail(db: Kysely<Tables>, email: string): Promise<Account | undefined> {
  const row = await db
    .selectFrom('active_accounts')
    .select(columns)
    .where('email', '=', email.toLowerCase())
    .executeTakeFirst();
  return row && toAccount(row);
}

/** One page of the accounts that are not deleted, newest first. */
export async function listAccounts(
  db: Kysely<Tables>,
  { limit, offset }: { limit: number; offset: number },
): Promise<Account[]> {
  const rows = await db
    .selectFrom('active_accounts')
    .select(columns)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute();
  return rows.map(toAccount);
}

export async function countAccounts(db: Kysely<Tables>): Promise<bigint> {
  const { rows } = await sql<{ count: string }>`select count(*) from active_accounts`.execute(db);
  return BigInt(rows[0]?.count ?? 0);
}

/** False for a deleted account. */
export async function accountExists(db: Kysely<Tables>, id: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (select from active_accounts where id = ${id}::uuid) as found`.execute(db);
  return rows[0]?.found === true;
}

export async function findCredentials(db: Kysely<Tables>, email: string): Promise<Credentials | undefined> {
  return db
    .selectFrom('active_accounts')
    .select(['id as accountId', 'password_hash as passwordHash'])
    .select(sql<boolean>`coalesce(locked_until > now(), false)`.as('isLocked'))
    .where('email', '=', email)
    .executeTakeFirst();
}

export async function hasPassword(db: Kysely<Tables>, id: string): Promise<boolean> {
  const row = await db.selectFrom('accounts').select('password_hash').where('id', '=', id).executeTakeFirst();
  return row !== undefined && row.password_hash !== null;
}

/** Throws EMAIL_TAKEN or USERNAME_TAKEN. The indexes decide, so that of two at the same time one is refused. */
export async function insertAccount(
  db: Kysely<Tables>,
  account: { email: string; username: string; passwordHash: string | null },
): Promise<Account> {
  try {
    const row = await db
      .insertInto('accounts')
      .values({ email: account.email, username: account.username, password_hash: account.passwordHash })
      .returning(columns)
      .executeTakeFirstOrThrow();
    return toAccount(row);
  } catch (error) {
    if (isUniqueViolation(error, 'accounts_email')) throw taken('EMAIL_TAKEN', 'email');
    if (isUniqueViolation(error, 'accounts_username')) throw taken('USERNAME_TAKEN', 'username');
    throw error;
  }
}

/** Locks an account that is not deleted until the transaction ends. */
export async function lockAccount(tx: Transaction<Tables>, id: string): Promise<Account | undefined> {
  if (!isUuid(id)) return undefined;
  const row = await tx
    .selectFrom('accounts')
    .select(columns)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  return row && toAccount(row);
}

export type FailureCount = {
  readonly accountId: string;
  readonly count: number;
  readonly lock: Lock | undefined;
  readonly hasLockedNow: boolean;
};

/**
 * Counts a failed sign-in in one statement, so that none is lost when many fail at once: the failure that reaches
 * `maxFailures` locks the account, later ones are counted but do not prolong the lock, and the first one after a lock
 * has passed counts as 1. Undefined when there is no such account, or with `onlyWhileLocked` no locked one.
 */
export async function countFailedLogin(
  db: Kysely<Tables>,
  options: {
    account: { readonly email: string } | { readonly id: string };
    maxFailures: number;
    lockSeconds: number;
    onlyWhileLocked?: boolean;
  },
): Promise<FailureCount | undefined> {
  const count = sql<number>`case when locked_until <= now() then 1 else failed_login_attempts + 1 end`;
  const { account } = options;
  const { rows } = await sql<FailureRow>`
    update accounts set
      failed_login_attempts = ${count},
      locked_until = case
        when locked_until > now() then locked_until
        when ${count} >= ${options.maxFailures} then now() + make_interval(secs => ${options.lockSeconds})
      end
    where ${'email' in account ? sql`email = ${account.email}` : sql`id = ${account.id}::uuid`}
      and deleted_at is null
      ${options.onlyWhileLocked ? sql`and locked_until > now()` : sql``}
    returning
      new.id as "accountId",
      new.failed_login_attempts as "count",
      new.locked_until as "lockedUntil",
      ceil(extract(epoch from new.locked_until - now()))::integer as "retryAfterSeconds",
      new.locked_until is not null and new.locked_until is distinct from old.locked_until as "hasLockedNow"
  `.execute(db);
  const [row] = rows;
  if (!row) return undefined;
  const { lockedUntil, retryAfterSeconds, ...facts } = row;
  return { ...facts, lock: lockedUntil === null ? undefined : { lockedUntil, retryAfterSeconds } };
}

type FailureRow = {
  accountId: string;
  count: number;
  lockedUntil: Date | null;
  retryAfterSeconds: number;
  hasLockedNow: boolean;
};

/** Locks the row of an account that is neither deleted nor locked against sign-ins. */
export async function lockForSignIn(tx: Transaction<Tables>, id: string): Promise<Account | undefined> {
  const row = await tx
    .selectFrom('accounts')
    .select(columns)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .where(sql<boolean>`(locked_until is null or locked_until <= now())`)
    .forUpdate()
    .executeTakeFirst();
  return row && toAccount(row);
}

export async function forgetFailedLogins(tx: Transaction<Tables>, id: string): Promise<void> {
  await tx.updateTable('accounts').set({ failed_login_attempts: 0, locked_until: null }).where('id', '=', id).execute();
}

/** False when there is no such account. */
export async function updateRoles(
  db: Kysely<Tables>,
  username: string,
  roles: readonly AccountRole[],
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('accounts')
    .set({ roles: [...roles] })
    .where(sql<string>`lower(username)`, '=', sql<string>`lower(${username})`)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Overwrites what is personal and deletes the account, in its owner's name; of one that was deleted before, when and by whom stays. */
export async function eraseAccount(tx: Transaction<Tables>, id: string): Promise<void> {
  await tx
    .updateTable('accounts')
    .set({
      email: `${id}@erased.invalid`,
      username: 'erased',
      password_hash: null,
      is_active: false,
      roles: [],
      failed_login_attempts: 0,
      locked_until: null,
      deleted_at: sql`coalesce(deleted_at, now())`,
      deleted_by: sql`coalesce(deleted_by, id)`,
    })
    .where('id', '=', id)
    .execute();
}

function taken(code: 'EMAIL_TAKEN' | 'USERNAME_TAKEN', field: string): AppError {
  return new AppError(code, `An account with this ${field} exists.`, { details: { field } });
}

function toAccount(row: Row): Account {
  return {
    id: row.id,
    email: row.email,
    username: row.username,
    isActive: row.is_active && row.deleted_at === null,
    createdAt: row.created_at,
    roles: row.roles,
    failedLoginAttempts: row.failed_login_attempts,
    lockedUntil: row.locked_until && row.locked_until.getTime() > Date.now() ? row.locked_until : undefined,
  };
}
