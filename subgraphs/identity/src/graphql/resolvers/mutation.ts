import { requireUser } from '@nova/subgraph';
import type { MutationResolvers } from '../../generated/graphql.ts';

export const mutation: MutationResolvers = {
  register: (_parent, { input }, context) => context.accounts.register(input, context, context.deadline.signal),
  login: (_parent, { input }, { accounts, deadline }) => accounts.login(input, deadline.signal),
  loginWithTotp: (_parent, { input }, { signIn }) => signIn.meetChallenge(input),
  beginSignIn: (_parent, { input }, { attempts }) => attempts.begin({ ...input, accountId: null }),
  completeSignIn: (_parent, { input }, { linkedAccounts }) => linkedAccounts.completeSignIn(input),
  registerWithProvider: (_parent, { input }, context) =>
    context.linkedAccounts.register({ ...input, email: input.email }, context),
  beginLink: (_parent, { input }, context) =>
    context.attempts.begin({ ...input, accountId: requireUser(context).userId }),
  async completeLink(_parent, { input }, context) {
    return { account: await context.linkedAccounts.completeLink({ ...input, accountId: requireUser(context).userId }) };
  },
  async unlinkProvider(_parent, { input }, context) {
    const accountId = requireUser(context).userId;
    return { account: await context.linkedAccounts.unlink({ accountId, provider: input.provider }, context) };
  },
  enrolTotp: (_parent, _args, context) => context.secondFactors.enrol(requireUser(context).userId),
  confirmTotp: (_parent, { input }, context) =>
    context.secondFactors.confirm({ accountId: requireUser(context).userId, code: input.code }),
  async disableTotp(_parent, { input }, context) {
    const accountId = requireUser(context).userId;
    return { account: await context.secondFactors.disable({ accountId, code: input.code }, context) };
  },
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
