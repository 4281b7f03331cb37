import { erasure } from './erasure.ts';
import { mutation } from './mutation.ts';
import { query } from './query.ts';
import { user } from './user.ts';

export const resolvers = { Query: query, Mutation: mutation, User: user, Erasure: erasure };
