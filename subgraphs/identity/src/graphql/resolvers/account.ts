import { requireOwner } from '../../accounts/account.ts';
import type { AccountResolvers } from '../../generated/graphql.ts';

export const account: AccountResolvers = {
  // Async, so that a refusal rejects this one reference; thrown at once it would fail all of them.
  async __resolveReference({ id }, { identity, loaders }) {
    requireOwner(id, identity.kind === 'user' ? identity.userId : undefined);
    return loaders.account.load(id);
  },
  user: ({ id }) => ({ id }),
  linkedProviders: async ({ id }, _args, { loaders }) => (await loaders.linkedProviders.load(id)) ?? [],
  totp: ({ id }, _args, { loaders }) => loaders.secondFactor.load(id),
};
