import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { CallerIdentity } from '@nova/runtime';
import type { Account } from '../accounts/account.ts';
import { accountNotFound } from '../accounts/account.ts';
import type { Permission } from '../accounts/permission-policy.ts';

/** What lets a caller see of others' accounts what their owners see. */
export const readAccounts: Permission = 'read:accounts';

export function maySeeAccounts(identity: CallerIdentity): boolean {
  return identity.kind !== 'anonymous' && identity.permissions.includes(readAccounts);
}

/** An account as the caller may see it. Throws NOT_FOUND without one. */
export function toUser(account: Account | undefined, caller: { readonly identity: CallerIdentity }) {
  if (!account) throw accountNotFound();
  const { id, username, createdAt, isActive, email, failedLoginAttempts, lockedUntil } = account;
  const everybodys = { id, username, createdAt: timestampFromDate(createdAt), isActive };
  if (!maySeeAccounts(caller.identity)) return everybodys;
  return { ...everybodys, email, failedLoginAttempts, lockedUntil: lockedUntil && timestampFromDate(lockedUntil) };
}
