import { answersOf } from '../../erasures/erasure.ts';
import type { ErasureResolvers } from '../../generated/graphql.ts';

export const erasure: ErasureResolvers = {
  answers: async ({ id }, _args, { loaders }) => answersOf((await loaders.erasureAnswers.load(id)) ?? new Map()),
};
