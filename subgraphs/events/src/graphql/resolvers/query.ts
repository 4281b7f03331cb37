import { pageRequest } from '@nova/postgres';
import type { QueryResolvers } from '../../generated/graphql.ts';

export const query: QueryResolvers = {
  events: (_parent, { type, aggregateId, correlationId, ...args }, { loaders }) =>
    loaders.domainEvents({ type, aggregateId, correlationId }, pageRequest('event', args)),
  eventTypes: (_parent, _args, { eventTypes }) => eventTypes,
  deadLetters: (_parent, { domain, cause, state, ...args }, { loaders }) =>
    loaders.deadLetters({ domain, cause, state }, pageRequest('dead letter', args)),
  deadLetter: async (_parent, { id }, { loaders }) => (await loaders.deadLetter(id)) ?? null,
};
