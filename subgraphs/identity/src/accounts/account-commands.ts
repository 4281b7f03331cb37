import type { EventOrigin } from '@nova/outbox';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { SignedIn, SignIn } from '../sign-in/sign-in.ts';
import type { Telemetry } from '../telemetry.ts';
import { accountLocked, checkNewPassword, checkTriedPassword, invalidCredentials } from './account.ts';
import { findCredentials } from './account-repository.ts';
import { createAccount } from './create-account.ts';
import type { FailedLogins } from './failed-logins.ts';
import type { PasswordHasher } from './password-hasher.ts';

export type AccountCommands = {
  /** Throws BAD_USER_INPUT for the password, EMAIL_TAKEN, USERNAME_TAKEN, OVERLOADED. */
  register(input: RegisterInput, origin: EventOrigin, signal?: AbortSignal): Promise<SignedIn>;
  /** Throws INVALID_CREDENTIALS, ACCOUNT_LOCKED, ACCOUNT_INACTIVE, TOTP_REQUIRED, OVERLOADED. */
  login(input: LoginInput, signal?: AbortSignal): Promise<SignedIn>;
};

export type AccountCommandDeps = {
  readonly db: Kysely<Tables>;
  readonly passwords: PasswordHasher;
  readonly failedLogins: FailedLogins;
  readonly signIn: Pick<SignIn, 'admit' | 'admitNew' | 'finish'>;
  readonly telemetry: Pick<Telemetry, 'loginEnded'>;
};

type RegisterInput = { email: string; username: string; password: string };
type LoginInput = { email: string; password: string };

export function createAccountCommands(deps: AccountCommandDeps): AccountCommands {
  const { db, signIn } = deps;
  return {
    async register({ email, username, password }, origin, signal) {
      checkNewPassword(password);
      const passwordHash = await deps.passwords.hash(password, signal);
      const admission = await db.transaction().execute(async (tx) => {
        return signIn.admitNew(tx, await createAccount(tx, { email, username, passwordHash }, origin));
      });
      return signIn.finish(admission);
    },
    async login(input, signal) {
      checkTriedPassword(input.password);
      const accountId = await authenticate(deps, input, signal);
      const admission = await db.transaction().execute((tx) => signIn.admit(tx, accountId));
      return admission ? signIn.finish(admission) : refuse(deps, input.email);
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
async function refuseWhileLocked({ failedLogins, telemetry }: AccountCommandDeps, email: string): Promise<void> {
  const failure = await failedLogins.countWhileLocked({ email });
  if (!failure?.lock) return;
  telemetry.loginEnded('locked');
  throw accountLocked(failure.lock);
}

/** Counts the failure. An unknown email is counted too, in vain, so that it takes the same steps. */
async function refuse({ failedLogins, telemetry }: AccountCommandDeps, email: string): Promise<never> {
  const failure = await failedLogins.count({ email });
  telemetry.loginEnded(failure?.lock ? 'locked' : 'invalid_credentials');
  throw failure?.lock ? accountLocked(failure.lock) : invalidCredentials();
}
