import { parseArgs } from 'node:util';
import { ConfigError } from '@nova/runtime';

/** What a process of a domain does: serve GraphQL, serve gRPC, relay the outbox, consume events. */
export const roles = ['graphql', 'grpc', 'relay', 'consumers'] as const;
export type Role = (typeof roles)[number];

/** The roles named by `--roles graphql,relay` among the arguments of a process; all without it. Throws ConfigError. */
export function readRoles(argv: readonly string[]): ReadonlySet<Role> {
  const { values } = parseArgs({ args: [...argv], options: { roles: { type: 'string' } } });
  if (values.roles === undefined) return new Set(roles);
  const named = values.roles.split(',').map((name) => name.trim());
  const unknown = named.filter((name) => !roles.some((role) => role === name));
  if (unknown.length > 0)
    throw new ConfigError([`--roles takes ${roles.join(', ')}, separated by commas, not "${unknown.join()}"`]);
  return new Set(named as Role[]);
}
