import { AppError } from '@nova/errors';

/** What an account may be besides a user, which every account is. */
export const accountRoles = ['moderator', 'admin', 'operator'] as const;
export type AccountRole = (typeof accountRoles)[number];

export type Account = {
  readonly id: string;
  /** Lower case. */
  readonly email: string;
  readonly username: string;
  /** False when the account is deleted or suspended. */
  readonly isActive: boolean;
  readonly createdAt: Date;
  readonly roles: readonly AccountRole[];
  /** Since the last sign-in. */
  readonly failedLoginAttempts: number;
  /** Undefined when the account is not locked now. */
  readonly lockedUntil: Date | undefined;
};

/** An account that refuses sign-ins for a while, whatever the password. */
export type Lock = { readonly lockedUntil: Date; readonly retryAfterSeconds: number };

const minPasswordLength = 10;
const maxPasswordLength = 200;

/** Throws BAD_USER_INPUT for a password that is too short or too long to choose. */
export function checkNewPassword(password: string): void {
  const length = passwordLength(password);
  if (length < minPasswordLength || length > maxPasswordLength) throw badPasswordLength(length, minPasswordLength);
}

/** Throws BAD_USER_INPUT for a text that cannot be anybody's password because of its length. */
export function checkTriedPassword(password: string): void {
  const length = passwordLength(password);
  if (length > maxPasswordLength) throw badPasswordLength(length, 0);
}

/** In characters; of a text that is far too long, in UTF-16 units. */
function passwordLength(password: string): number {
  return password.length > 2 * maxPasswordLength ? password.length : [...password].length;
}

function badPasswordLength(length: number, min: number): AppError {
  return new AppError(
    'BAD_USER_INPUT',
    `A password has ${minPasswordLength} to ${maxPasswordLength} characters, not ${length}.`,
    { details: { field: 'password', length, min, max: maxPasswordLength } },
  );
}

/**
 * The same for an unknown email and for a wrong password. A lock tells that an account exists; only after as many wrong
 * passwords as lock it, though, which limits how many emails somebody can ask about.
 */
export function invalidCredentials(): AppError {
  return new AppError('INVALID_CREDENTIALS', 'The email or the password is wrong.');
}

export function accountLocked({ lockedUntil, retryAfterSeconds }: Lock): AppError {
  return new AppError('ACCOUNT_LOCKED', 'Too many failed sign-ins; try again later.', {
    details: { lockedUntil: lockedUntil.toISOString(), retryAfterSeconds },
  });
}

/** Throws ACCOUNT_INACTIVE for a suspended account. Only who knows its password may learn that. */
export function requireActive(account: Account): void {
  if (!account.isActive) throw new AppError('ACCOUNT_INACTIVE', 'The account is not active.');
}

export function accountNotFound(): AppError {
  return new AppError('NOT_FOUND', 'The account does not exist.');
}

/** Throws FORBIDDEN unless the account is the user's own; the same for accounts that do not exist. */
export function requireOwner(accountId: string, userId: string | undefined): void {
  if (accountId !== userId) throw new AppError('FORBIDDEN', 'Only its owner sees an account.');
}
