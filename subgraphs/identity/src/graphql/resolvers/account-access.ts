import type { AccountAccessResolvers } from '../../generated/graphql.ts';

export const accountAccess: AccountAccessResolvers = {
  user: ({ accountId }) => ({ id: accountId }),
};
