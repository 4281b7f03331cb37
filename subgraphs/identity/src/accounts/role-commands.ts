import { AppError } from '@nova/errors';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { type AccountRole, accountRoles } from './account.ts';
import { updateRoles } from './account-repository.ts';

export type RoleCommands = {
  /**
   * Gives an account these roles and no others, and resolves with them. Access tokens tell of them from the next sign-in or
   * refresh on. Throws BAD_USER_INPUT for a role that does not exist, NOT_FOUND without the account.
   */
  setRoles(input: { username: string; roles: readonly string[] }): Promise<readonly AccountRole[]>;
};

export function createRoleCommands({ db }: { db: Kysely<Tables> }): RoleCommands {
  return {
    async setRoles({ username, roles }) {
      const unknown = roles.find((name) => !accountRoles.some((role) => role === name));
      if (unknown !== undefined)
        throw new AppError('BAD_USER_INPUT', `There is no role "${unknown}"; there are ${accountRoles.join(', ')}.`);
      const chosen = accountRoles.filter((role) => roles.includes(role));
      if (!(await updateRoles(db, username, chosen)))
        throw new AppError('NOT_FOUND', `There is no account with the username "${username}".`);
      return chosen;
    },
  };
}
