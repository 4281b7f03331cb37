import type { MutationResolvers } from '../../generated/graphql.ts';

export const mutation: MutationResolvers = {
  replayDeadLetter: (_parent, { input }, context) => context.deadLetters.replayOne(input.id, context),
  replayDeadLetters: async (_parent, { input }, context) => ({
    replays: await context.deadLetters.replayMany(input, context),
  }),
};
