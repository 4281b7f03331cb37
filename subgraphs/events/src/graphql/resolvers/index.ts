import { deadLetter } from './dead-letter.ts';
import { domainEvent } from './domain-event.ts';
import { mutation } from './mutation.ts';
import { query } from './query.ts';

export const resolvers = { Query: query, Mutation: mutation, DomainEvent: domainEvent, DeadLetter: deadLetter };
