import type { ParticipantResolvers } from '../../generated/graphql.ts';

export const participant: ParticipantResolvers = {
  user: ({ userId }) => (userId === null ? null : { id: userId }),
  isDeleted: ({ userId }) => userId === null,
};
