import type { Kysely } from 'kysely';
import type { AccountCommands } from './accounts/account-commands.ts';
import type { FailedLogins } from './accounts/failed-logins.ts';
import type { Tables } from './db/tables.ts';
import type { EraseUser } from './erasure/erase-user.ts';
import type { GrantCommands } from './grants/grant-commands.ts';
import type { Attempts } from './linked-accounts/attempts.ts';
import type { LinkedAccountCommands } from './linked-accounts/linked-account-commands.ts';
import type { Providers } from './providers/provider.ts';
import type { SecondFactorCommands } from './second-factor/second-factor-commands.ts';
import type { VerifyAccessToken } from './sessions/access-token-verifier.ts';
import type { SessionCommands } from './sessions/session-commands.ts';
import type { SignIn } from './sign-in/sign-in.ts';

/** What the doors of identity are given by its composition root. */
export type Deps = {
  readonly db: Kysely<Tables>;
  readonly accounts: AccountCommands;
  readonly failedLogins: FailedLogins;
  readonly signIn: SignIn;
  readonly secondFactors: SecondFactorCommands;
  readonly sessions: SessionCommands;
  readonly attempts: Attempts;
  readonly linkedAccounts: LinkedAccountCommands;
  /** Those that this installation has a client of. */
  readonly providers: Providers;
  readonly grants: GrantCommands;
  readonly eraseUser: EraseUser;
  readonly verifyAccessToken: VerifyAccessToken;
};
