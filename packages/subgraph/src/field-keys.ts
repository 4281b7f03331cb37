import type { GraphQLResolverMap } from '@apollo/subgraph';
import type { GraphQLFieldResolver } from 'graphql';
import type { RequestContext } from './request-context.ts';

/**
 * The resolvers, those of `Mutation` with an idempotency key that is their field's own: one document may hold several
 * mutations, and the response name tells them apart.
 */
export function withFieldKeys<Context extends RequestContext>(
  resolvers: GraphQLResolverMap<Context>,
): GraphQLResolverMap<Context> {
  const { Mutation: mutations } = resolvers;
  if (!mutations) return resolvers;
  const keyed = Object.entries(mutations).map(([field, resolve]) => [field, withFieldKey(resolve)]);
  return { ...resolvers, Mutation: Object.fromEntries(keyed) };
}

function withFieldKey<Context extends RequestContext>(
  resolve: GraphQLFieldResolver<unknown, Context>,
): GraphQLFieldResolver<unknown, Context> {
  // biome-ignore lint/complexity/useMaxParams: a resolver's own order.
  return (parent, args, context, info) => {
    const { idempotency } = context;
    if (!idempotency) return resolve(parent, args, context, info);
    const key = `${idempotency.key}/${info.path.key}`;
    return resolve(parent, args, { ...context, idempotency: { ...idempotency, key } }, info);
  };
}
