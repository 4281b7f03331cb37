import type { Generated } from 'kysely';
import type { AccountRole } from '../accounts/account.ts';
import type { ProviderName } from '../providers/provider.ts';

export type AccountsTable = {
  id: Generated<string>;
  /** Lower case. */
  email: string;
  username: string;
  /** An argon2id hash; null when the account has no password to sign in with. */
  password_hash: string | null;
  is_active: Generated<boolean>;
  failed_login_attempts: Generated<number>;
  locked_until: Generated<Date | null>;
  created_at: Generated<Date>;
  /** Soft deletion: both set or both null. */
  deleted_at: Generated<Date | null>;
  deleted_by: Generated<string | null>;
  roles: Generated<AccountRole[]>;
};

/** A permission besides those of the account's roles. */
export type UserPermissionsTable = {
  account_id: string;
  permission: string;
  granted_by: string;
  granted_at: Generated<Date>;
};

/** A second factor that counts once it is confirmed. */
export type TotpFactorsTable = {
  account_id: string;
  /** As `SecretBox` seals it. */
  sealed_secret: Buffer;
  created_at: Generated<Date>;
  confirmed_at: Generated<Date | null>;
  /** The latest step (30 s since 1970) of which a code was taken. */
  last_used_step: Generated<number>;
};

export type RecoveryCodesTable = {
  account_id: string;
  /** SHA-256 of the code. */
  code_hash: Buffer;
  used_at: Generated<Date | null>;
};

/** The right password was given, a code is awaited. */
export type LoginChallengesTable = {
  /** SHA-256 of the token. */
  token_hash: Buffer;
  account_id: string;
  expires_at: Date;
};

/** A provider's account by which one may sign in. */
export type LinkedAccountsTable = {
  provider: ProviderName;
  subject: string;
  account_id: string;
  linked_at: Generated<Date>;
};

/** A browser that was sent to a provider. */
export type ProviderAttemptsTable = {
  /** SHA-256 of the token. */
  token_hash: Buffer;
  provider: ProviderName;
  redirect_url: string;
  state: string;
  nonce: string;
  code_verifier: string;
  /** Whose account is to be linked; null for a sign-in. */
  account_id: string | null;
  expires_at: Date;
};

/** Somebody whom a provider has confirmed and who has no account yet. */
export type SignUpTicketsTable = {
  /** SHA-256 of the token. */
  token_hash: Buffer;
  provider: ProviderName;
  subject: string;
  /** As the provider has verified it. */
  email: string | null;
  expires_at: Date;
};

/** A sign-in; its refresh tokens are one family. */
export type SessionsTable = {
  id: Generated<string>;
  account_id: string;
  created_at: Generated<Date>;
  revoked_at: Generated<Date | null>;
  revoked_reason: Generated<'logout' | 'reuse' | 'erasure' | null>;
};

export type RefreshTokensTable = {
  /** SHA-256 of the token; the token itself is never stored. */
  token_hash: Buffer;
  session_id: string;
  created_at: Generated<Date>;
  expires_at: Date;
  used_at: Generated<Date | null>;
};

/** The `active_` view holds what is not deleted. */
export type Tables = {
  accounts: AccountsTable;
  active_accounts: AccountsTable;
  user_permissions: UserPermissionsTable;
  totp_factors: TotpFactorsTable;
  recovery_codes: RecoveryCodesTable;
  login_challenges: LoginChallengesTable;
  linked_accounts: LinkedAccountsTable;
  provider_attempts: ProviderAttemptsTable;
  sign_up_tickets: SignUpTicketsTable;
  sessions: SessionsTable;
  refresh_tokens: RefreshTokensTable;
};
