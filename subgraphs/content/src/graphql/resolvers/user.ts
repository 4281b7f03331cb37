import { pageRequest } from '@nova/postgres';
import { keepOnlyFor } from '@nova/subgraph';
import type { UserResolvers } from '../../generated/graphql.ts';

/** A user as content knows them: by id only. */
export type UserReference = { readonly id: string };

export const user: UserResolvers = {
  __resolveReference: ({ id }) => ({ id }),
  // biome-ignore lint/complexity/useMaxParams: a resolver's own order.
  posts({ id }, args, context, info) {
    keepOnlyFor(context, info);
    return context.loaders.postsOfUser.load(id, pageRequest('post', args));
  },
};
