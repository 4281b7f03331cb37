import { requireUser } from '@nova/subgraph';
import type { MutationResolvers } from '../../generated/graphql.ts';

export const mutation: MutationResolvers = {
  async updateProfile(_parent, { input }, context) {
    const { userId } = requireUser(context);
    const account = await context.accounts.requireActive(userId, context);
    return { user: await context.profiles.update(account, input, context) };
  },
};
