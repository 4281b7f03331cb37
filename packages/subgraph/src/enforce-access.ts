import { maybeCacheControlFromInfo } from '@apollo/cache-control-types';
import { readAccessModel } from '@nova/federation/access-model';
import { accessRefusal } from '@nova/federation/access-requirement';
import type { Identity } from '@nova/runtime';
import { type DocumentNode, defaultFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';

/**
 * Has every field that the SDL protects ask who selects it, before it is resolved: UNAUTHENTICATED or FORBIDDEN. The gateway
 * refuses the same before it calls; this holds for whoever else calls, and for the fields of entities.
 */
export function enforceAccess(schema: GraphQLSchema, sdl: DocumentNode): GraphQLSchema {
  const model = readAccessModel(sdl, 'subgraph');
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const requirement = model.requirementOf(type.name, field.name);
      if (!requirement) continue;
      const resolve = field.resolve ?? defaultFieldResolver;
      field.resolve = (...call) => {
        const { identity } = call[2] as { readonly identity: Identity };
        const permissions = identity.kind === 'user' ? identity.permissions : undefined;
        const refusal = accessRefusal(`${type.name}.${field.name}`, requirement, permissions);
        if (refusal) throw refusal;
        // What is not for everybody must not be kept for everybody, whatever the SDL says of its age.
        maybeCacheControlFromInfo(call[3])?.cacheHint.restrict({ scope: 'PRIVATE' });
        return resolve(...call);
      };
    }
  }
  return schema;
}
