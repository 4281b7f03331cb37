import type { AccountRole } from './account.ts';

/** What an access token allows. Each is asked for by a field of the graph; a permission that nothing checks is not granted. */
const permissions = ['write:posts', 'write:profile', 'delete:post', 'delete:comment', 'reindex:search', 'write:relations', 'read:erasures'] as const;
export type Permission = (typeof permissions)[number];

/** Which permissions roles give, each once. */
export type PermissionPolicy = (roles: readonly AccountRole[]) => readonly Permission[];

const everybody: readonly Permission[] = ['write:posts', 'write:profile', 'write:relations'];

const byRole: Readonly<Record<AccountRole, readonly Permission[]>> = {
  moderator: ['delete:post', 'delete:comment'],
  admin: permissions,
  // Runs Nova and moderates nobody.
  operator: ['reindex:search'],
  operator: ['read:erasures'],
};

export const permissionsOf: PermissionPolicy = (roles) => {
  const granted = new Set([...everybody, ...roles.flatMap((role) => byRole[role])]);
  return permissions.filter((permission) => granted.has(permission));
};
