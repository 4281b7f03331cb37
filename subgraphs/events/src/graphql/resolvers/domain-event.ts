import type { DomainEventResolvers } from '../../generated/graphql.ts';

export const domainEvent: DomainEventResolvers = {
  payload: ({ payload }) => JSON.stringify(payload),
};
