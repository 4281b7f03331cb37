import { requireUser } from '@nova/subgraph';
import type { MutationResolvers } from '../../generated/graphql.ts';

export const mutation: MutationResolvers = {
  register: (_parent, { input }, context) => context.accounts.register(input, context, context.deadline.signal),
  login: (_parent, { input }, { accounts, deadline }) => accounts.login(input, deadline.signal),
  refreshSession: (_parent, { input }, { sessions }) => sessions.refresh(input.refreshToken),
  logout: async (_parent, { input }, { sessions }) => ({ loggedOut: await sessions.logout(input.refreshToken) }),
  async grantPermission(_parent, { input }, context) {
    const change = { accountId: input.userId, permission: input.permission, changedBy: requireUser(context).userId };
    return { access: await context.grants.grant(change, context) };
  },
  async revokePermission(_parent, { input }, context) {
    const change = { accountId: input.userId, permission: input.permission, changedBy: requireUser(context).userId };
    return { access: await context.grants.revoke(change, context) };
  },
};
