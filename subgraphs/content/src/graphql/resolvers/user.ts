import { pageRequest } from '@nova/postgres';
import type { UserResolvers } from '../../generated/graphql.ts';

/** A user as content knows them: by id only. */
export type UserReference = { readonly id: string };

export const user: UserResolvers = {
  __resolveReference: ({ id }) => ({ id }),
  posts: ({ id }, args, { loaders }) => loaders.postsOfUser.load(id, pageRequest('post', args)),
};
