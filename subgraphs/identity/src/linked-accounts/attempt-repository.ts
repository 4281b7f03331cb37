import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { AuthorizationRequest, ProviderName } from '../providers/provider.ts';

/** A browser that was sent to a provider. */
export type Attempt = AuthorizationRequest & {
  readonly provider: ProviderName;
  /** Whose account is to be linked; null for a sign-in. */
  readonly accountId: string | null;
};

/** Somebody whom a provider has confirmed and who has no account yet. */
export type Ticket = { readonly provider: ProviderName; readonly subject: string; readonly email: string | null };

type Secret = { readonly hash: Buffer; readonly lifetimeSeconds: number };

/** Each makes room for more than itself, so that the tables stay as large as what is under way. */
const maxForgotten = 10;

/** Resolves with when it expires. */
export async function insertAttempt(db: Kysely<Tables>, attempt: Attempt, secret: Secret): Promise<Date> {
  await forgetExpired(db, 'provider_attempts');
  const { expires_at } = await db
    .insertInto('provider_attempts')
    .values({
      token_hash: secret.hash,
      provider: attempt.provider,
      redirect_url: attempt.redirectUrl,
      state: attempt.state,
      nonce: attempt.nonce,
      code_verifier: attempt.codeVerifier,
      account_id: attempt.accountId,
      expires_at: expiryAfter(secret),
    })
    .returning('expires_at')
    .executeTakeFirstOrThrow();
  return expires_at;
}

/** An attempt is taken once, however it ends. Undefined for one that is not known or has expired. */
export async function takeAttempt(db: Kysely<Tables>, hash: Buffer): Promise<Attempt | undefined> {
  return db
    .deleteFrom('provider_attempts')
    .where('token_hash', '=', hash)
    .where('expires_at', '>', sql<Date>`now()`)
    .returning([
      'provider',
      'redirect_url as redirectUrl',
      'state',
      'nonce',
      'code_verifier as codeVerifier',
      'account_id as accountId',
    ])
    .executeTakeFirst();
}

/** Resolves with when it expires. */
export async function insertTicket(db: Kysely<Tables>, ticket: Ticket, secret: Secret): Promise<Date> {
  await forgetExpired(db, 'sign_up_tickets');
  const { expires_at } = await db
    .insertInto('sign_up_tickets')
    .values({ token_hash: secret.hash, ...ticket, expires_at: expiryAfter(secret) })
    .returning('expires_at')
    .executeTakeFirstOrThrow();
  return expires_at;
}

/** Once; taken back when the transaction fails. */
export async function takeTicket(tx: Transaction<Tables>, hash: Buffer): Promise<Ticket | undefined> {
  return tx
    .deleteFrom('sign_up_tickets')
    .where('token_hash', '=', hash)
    .where('expires_at', '>', sql<Date>`now()`)
    .returning(['provider', 'subject', 'email'])
    .executeTakeFirst();
}

function expiryAfter({ lifetimeSeconds }: Secret) {
  return sql<Date>`now() + make_interval(secs => ${lifetimeSeconds})`;
}

async function forgetExpired(db: Kysely<Tables>, table: 'provider_attempts' | 'sign_up_tickets'): Promise<void> {
  await sql`
    delete from ${sql.table(table)} where token_hash in (
      select token_hash from ${sql.table(table)} where expires_at <= now()
      order by expires_at limit ${maxForgotten} for update skip locked
    )`.execute(db);
}
