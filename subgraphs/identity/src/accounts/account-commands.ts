import type { EventOrigin } from '@nova/outbox';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { NewSession, SessionTokens } from '../sessions/session.ts';
import type { Telemetry } from '../telemetry.ts';
import {
  type Account,
  accountLocked,
  accountNotFound,
  checkNewPassword,
  checkTriedPassword,
  invalidCredentials,
  requireActive,
} from './account.ts';
import { appendAccountRegistered } from './account-events.ts';
import {
  countFailedLogin,
  type FailureCount,
  findCredentials,
  insertAccount,
  recordLogin,
} from './account-repository.ts';
import type { PasswordHasher } from './password-hasher.ts';

export type SignedIn = SessionTokens & { readonly account: Account };

export type AccountCommands = {
  /** Throws BAD_USER_INPUT for the password, EMAIL_TAKEN, USERNAME_TAKEN, OVERLOADED. */
  register(input: RegisterInput, origin: EventOrigin, signal?: AbortSignal): Promise<SignedIn>;
  /** Throws INVALID_CREDENTIALS, ACCOUNT_LOCKED, ACCOUNT_INACTIVE, OVERLOADED. */
  login(input: LoginInput, signal?: AbortSignal): Promise<SignedIn>;
  /** Counts a sign-in that failed elsewhere. Throws NOT_FOUND. */
  recordFailedLogin(accountId: string): Promise<FailureCount>;
};

export type AccountCommandDeps = {
  readonly db: Kysely<Tables>;
  readonly passwords: PasswordHasher;
  readonly lockout: { readonly maxFailures: number; readonly lockSeconds: number };
  readonly openSession: (tx: Transaction<Tables>, accountId: string) => Promise<NewSession>;
  readonly issueTokens: (session: NewSession, account: Account) => Promise<SessionTokens>;
  readonly telemetry: Pick<Telemetry, 'loginEnded' | 'accountLocked'>;
};

type RegisterInput = { email: string; username: string; password: string };
type LoginInput = { email: string; password: string };

export function createAccountCommands(deps: AccountCommandDeps): AccountCommands {
  return {
    async register({ email, username, password }, origin, signal) {
      checkNewPassword(password);
      const passwordHash = await deps.passwords.hash(password, signal);
      const { account, session } = await deps.db.transaction().execute(async (tx) => {
        const account = await insertAccount(tx, { email, username, passwordHash });
        await appendAccountRegistered(tx, { account, origin });
        return { account, session: await deps.openSession(tx, account.id) };
      });
      return { account, ...(await deps.issueTokens(session, account)) };
    },
    async login(input, signal) {
      checkTriedPassword(input.password);
      const accountId = await authenticate(deps, input, signal);
      const opened = await deps.db.transaction().execute(async (tx) => {
        const account = await recordLogin(tx, accountId);
        if (!account) return undefined;
        if (!account.isActive) deps.telemetry.loginEnded('inactive');
        requireActive(account);
        return { account, session: await deps.openSession(tx, account.id) };
      });
      if (!opened) return refuse(deps, input.email);
      deps.telemetry.loginEnded('success');
      return { account: opened.account, ...(await deps.issueTokens(opened.session, opened.account)) };
    },
    async recordFailedLogin(accountId) {
      const failure = await countFailedLogin(deps.db, { ...deps.lockout, account: { id: accountId } });
      if (!failure) throw accountNotFound();
      if (failure.hasLockedNow) deps.telemetry.accountLocked(accountId);
      return failure;
    },
  };
}

/** The account whose password this is. A locked account's password is not even looked at. */
async function authenticate(deps: AccountCommandDeps, input: LoginInput, signal?: AbortSignal): Promise<string> {
  const credentials = await findCredentials(deps.db, input.email);
  if (credentials?.isLocked) await refuseWhileLocked(deps, input.email);
  const matches = await deps.passwords.matches(input.password, credentials?.passwordHash ?? null, signal);
  if (credentials && matches) return credentials.accountId;
  return refuse(deps, input.email);
}

/** Returns when the lock has passed since it was read. */
async function refuseWhileLocked(deps: AccountCommandDeps, email: string): Promise<void> {
  const failure = await countFailedLogin(deps.db, { ...deps.lockout, account: { email }, onlyWhileLocked: true });
  if (!failure?.lock) return;
  deps.telemetry.loginEnded('locked');
  throw accountLocked(failure.lock);
}

/** Counts the failure. An unknown email is counted too, in vain, so that it takes the same steps. */
async function refuse(deps: AccountCommandDeps, email: string): Promise<never> {
  const failure = await countFailedLogin(deps.db, { ...deps.lockout, account: { email } });
  if (failure?.hasLockedNow) deps.telemetry.accountLocked(failure.accountId);
  deps.telemetry.loginEnded(failure?.lock ? 'locked' : 'invalid_credentials');
  throw failure?.lock ? accountLocked(failure.lock) : invalidCredentials();
}
