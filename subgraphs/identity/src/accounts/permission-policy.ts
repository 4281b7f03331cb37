import type { AccountRole } from './account.ts';

const permissions = [
  'write:posts',
  'write:profile',
  'delete:post',
  'delete:comment',
  'reindex:search',
  'write:relations',
  'read:erasures',
  'read:accounts',
  'write:accounts',
  'grant:permissions',
  'read:events',
  'replay:events',
] as const;
export type Permission = (typeof permissions)[number];

export function isPermission(name: string): name is Permission {
  return permissions.some((permission) => permission === name);
}

/** Which permissions roles give, each once. */
export type PermissionPolicy = (roles: readonly AccountRole[]) => readonly Permission[];

const everybody: readonly Permission[] = ['write:posts', 'write:profile', 'write:relations'];

const byRole: Readonly<Record<AccountRole, readonly Permission[]>> = {
  moderator: ['delete:post', 'delete:comment'],
  admin: permissions,
  // Runs Nova and moderates nobody.
  operator: [
    'read:accounts',
    'write:accounts',
    'grant:permissions',
    'read:erasures',
    'reindex:search',
    'read:events',
    'replay:events',
  ],
};

export const permissionsOf: PermissionPolicy = (roles) => {
  const granted = new Set([...everybody, ...roles.flatMap((role) => byRole[role])]);
  return permissions.filter((permission) => granted.has(permission));
};
