import { AppError } from '@nova/errors';
import { type Idempotent, once } from '@nova/idempotency';
import type { EventOrigin } from '@nova/outbox';
import type { Kysely, Transaction } from 'kysely';
import { type Account, accountNotFound } from '../accounts/account.ts';
import type { Tables } from '../db/tables.ts';
import { type ProviderName, signInFailed } from '../providers/provider.ts';
import { createSecretToken, hashSecretToken } from '../secret-token.ts';
import type { SignedIn, SignIn } from '../sign-in/sign-in.ts';
import { insertTicket, takeTicket } from './attempt-repository.ts';
import type { Attempts, Confirmed } from './attempts.ts';
import { deleteLink, findLinkedAccount, findLinkedProviders, insertLink } from './linked-account-repository.ts';

type Completion = { readonly attempt: string; readonly callbackUrl: string };

export type LinkedAccountCommands = {
  /**
   * Signs in to the account that is linked. Throws SIGN_UP_REQUIRED, with a ticket, when there is none; EMAIL_TAKEN when
   * an account has the email that the provider has verified; what `Attempts.complete` and a sign-in throw.
   */
  completeSignIn(input: Completion): Promise<SignedIn>;
  /** A new account, linked and without a password. Throws SIGN_IN_FAILED, BAD_USER_INPUT without any email, EMAIL_TAKEN, USERNAME_TAKEN. */
  register(input: Registration, origin: EventOrigin): Promise<SignedIn>;
  /** Throws CONFLICT when either side is linked already, and what `Attempts.complete` throws. */
  completeLink(input: Completion & { accountId: string }): Promise<Account>;
  /** Throws NOT_FOUND without the link, CONFLICT when nothing else would be left to sign in with. */
  unlink(input: { accountId: string; provider: ProviderName }, origin: Idempotent): Promise<Account>;
};

type Registration = { readonly ticket: string; readonly username: string; readonly email: string | null | undefined };

export type LinkedAccountDeps = {
  readonly db: Kysely<Tables>;
  readonly attempts: Attempts;
  readonly signIn: Pick<SignIn, 'admit' | 'admitNew' | 'finish'>;
  readonly createAccount: (
    tx: Transaction<Tables>,
    input: { email: string; username: string; passwordHash: null },
    origin: EventOrigin,
  ) => Promise<Account>;
  readonly findAccountByEmail: (db: Kysely<Tables>, email: string) => Promise<Account | undefined>;
  /** An account that is not deleted. */
  readonly lockAccount: (tx: Transaction<Tables>, id: string) => Promise<Account | undefined>;
  readonly hasPassword: (tx: Transaction<Tables>, id: string) => Promise<boolean>;
  /** Why somebody may not sign in to an account: it is locked or gone. */
  readonly refusalOf: (accountId: string) => Promise<AppError>;
};

const ticketSeconds = 600;

export function createLinkedAccountCommands(deps: LinkedAccountDeps): LinkedAccountCommands {
  const { db, attempts, signIn } = deps;
  return {
    async completeSignIn({ attempt, callbackUrl }) {
      const confirmed = await attempts.complete({ attempt, callbackUrl, accountId: null });
      const accountId = await findLinkedAccount(db, confirmed);
      if (!accountId) return offerRegistration(deps, confirmed);
      const admission = await db.transaction().execute((tx) => signIn.admit(tx, accountId));
      if (!admission) throw await deps.refusalOf(accountId);
      return signIn.finish(admission);
    },
    async register({ ticket, username, email: given }, origin) {
      const hash = hashSecretToken(ticket);
      if (!hash) throw signInFailed();
      const admission = await db.transaction().execute(async (tx) => {
        const taken = await takeTicket(tx, hash);
        if (!taken) throw signInFailed();
        const email = given ?? taken.email;
        if (!email) throw emailMissing();
        const account = await deps.createAccount(tx, { email, username, passwordHash: null }, origin);
        await insertLink(tx, { ...taken, accountId: account.id });
        return signIn.admitNew(tx, account);
      });
      return signIn.finish(admission);
    },
    async completeLink({ accountId, ...completion }) {
      const { provider, subject } = await attempts.complete({ ...completion, accountId });
      return db.transaction().execute(async (tx) => {
        const account = await requireAccount(deps, tx, accountId);
        await insertLink(tx, { provider, subject, accountId });
        return account;
      });
    },
    unlink({ accountId, provider }, origin) {
      return db.transaction().execute((tx) =>
        once(tx, origin.idempotency, {
          async effect() {
            const account = await requireAccount(deps, tx, accountId);
            if (!(await deleteLink(tx, accountId, provider)))
              throw new AppError('NOT_FOUND', 'The account is not linked with this provider.');
            await requireOtherWayIn(deps, tx, accountId);
            return account;
          },
          idOf: () => accountId,
          earlier: (id) => requireAccount(deps, tx, id),
        }),
      );
    },
  };
}

/** An email that somebody typed at registration proves nothing, so that nobody is let in to an account because of it. */
async function offerRegistration(deps: LinkedAccountDeps, confirmed: Confirmed): Promise<never> {
  const { provider, subject, email } = confirmed;
  if (email !== undefined && (await deps.findAccountByEmail(deps.db, email)))
    throw new AppError('EMAIL_TAKEN', 'An account has this email; sign in to it and link the provider.', {
      details: { field: 'email' },
    });
  const { token: ticket, hash } = createSecretToken();
  const stored = { provider, subject, email: email ?? null };
  const expiresAt = await insertTicket(deps.db, stored, { hash, lifetimeSeconds: ticketSeconds });
  throw new AppError('SIGN_UP_REQUIRED', 'Nobody here has this account of the provider; choose a username.', {
    details: { ticket, expiresAt: expiresAt.toISOString(), email: email ?? null },
  });
}

async function requireAccount(deps: LinkedAccountDeps, tx: Transaction<Tables>, id: string): Promise<Account> {
  const account = await deps.lockAccount(tx, id);
  if (!account) throw accountNotFound();
  return account;
}

async function requireOtherWayIn(deps: LinkedAccountDeps, tx: Transaction<Tables>, id: string): Promise<void> {
  if (await deps.hasPassword(tx, id)) return;
  if ((await findLinkedProviders(tx, [id])).has(id)) return;
  throw new AppError('CONFLICT', 'It is the only way left to sign in to this account.');
}

function emailMissing(): AppError {
  return new AppError(
    'BAD_USER_INPUT',
    'The provider gave no verified email; ask the person for one and send it as email.',
    {
      details: { field: 'email' },
    },
  );
}
