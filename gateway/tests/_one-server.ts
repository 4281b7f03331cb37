import { readFileSync } from 'node:fs';
import type { Identity } from '@nova/runtime';
import { apiSchemaFile } from '@nova/schema';
import { buildSchema, type GraphQLFieldResolver, graphql, isObjectType } from 'graphql';
import { resolversByName, users } from './_subgraphs.ts';

type FieldResolvers = Record<string, Record<string, GraphQLFieldResolver<unknown, unknown>>>;

/** What other subgraphs know of a user is an id; a single server knows everything. */
const userFields = Object.fromEntries(
  Object.keys(users[0] ?? {}).map((name) => [
    name,
    ({ id }: { id: string }) => (users.find((user) => user.id === id) as Record<string, unknown> | undefined)?.[name],
  ]),
) as FieldResolvers[string];

/** The graph over the same data, in one schema that one server executes. */
export function createOneServer() {
  const schema = buildSchema(readFileSync(apiSchemaFile, 'utf8'));
  const all = [...Object.values(resolversByName), { User: userFields }] as FieldResolvers[];
  for (const resolvers of all)
    for (const [typeName, fields] of Object.entries(resolvers)) {
      const type = schema.getType(typeName);
      if (!isObjectType(type)) continue;
      for (const [name, resolve] of Object.entries(fields)) {
        const field = type.getFields()[name];
        if (field) field.resolve = resolve;
      }
    }
  return (source: string, variableValues: Readonly<Record<string, unknown>>, identity: Identity) =>
    graphql({ schema, source, variableValues: { ...variableValues }, contextValue: { identity } });
}
