import type { DeadLetterResolvers } from '../../generated/graphql.ts';

export const deadLetter: DeadLetterResolvers = {
  record: (letter, _args, { loaders }) => loaders.record(letter),
};
