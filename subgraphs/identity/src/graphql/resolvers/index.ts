import { account } from './account.ts';
import { accountAccess } from './account-access.ts';
import { mutation } from './mutation.ts';
import { query } from './query.ts';

export const resolvers = { Query: query, Mutation: mutation, Account: account, AccountAccess: accountAccess };
