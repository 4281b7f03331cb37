import { type AccessModel, accessRefusal, readAccessModel } from '@nova/federation';
import type { Identity } from '@nova/runtime';
import { type DocumentNode, type GraphQLSchema, type OperationDefinitionNode, parse } from 'graphql';
import { type Demand, isExcluded, operationDemands } from './operation-demands.ts';

export type OperationAccess = {
  onSchema(schema: { readonly apiSchema: GraphQLSchema; readonly coreSupergraphSdl?: string }): void;
  /** Throws UNAUTHENTICATED or FORBIDDEN when the operation selects anything that is not for its viewer. */
  check(request: {
    readonly schema: GraphQLSchema;
    readonly document: DocumentNode;
    readonly operation: OperationDefinitionNode;
    readonly variables?: Readonly<Record<string, unknown>> | undefined;
    readonly identity: Identity;
  }): void;
};

/** What one schema protects, and what operations ask for over it, which only their text decides. */
type Access = { readonly model: AccessModel; readonly demands: WeakMap<OperationDefinitionNode, readonly Demand[]> };

/** Enforces `@authenticated` and `@requiresScopes` of the supergraph on whole operations. */
export function createOperationAccess(): OperationAccess {
  const accessBySchema = new WeakMap<GraphQLSchema, Access>();
  return {
    onSchema({ apiSchema, coreSupergraphSdl }) {
      if (coreSupergraphSdl === undefined) throw new Error('The schema came without its supergraph.');
      const model = readAccessModel(parse(coreSupergraphSdl), 'supergraph');
      accessBySchema.set(apiSchema, { model, demands: new WeakMap() });
    },
    check({ schema, document, operation, variables = {}, identity }) {
      const access = accessBySchema.get(schema);
      if (!access) throw new Error('The schema is not one whose access rules are known.');
      let demands = access.demands.get(operation);
      if (!demands) {
        demands = operationDemands(operation, { schema, document, model: access.model });
        access.demands.set(operation, demands);
      }
      const permissions = identity.kind === 'user' ? identity.permissions : undefined;
      for (const demand of demands) {
        const refusal = accessRefusal(demand.field, demand.requirement, permissions);
        if (refusal && !isExcluded(demand, operation, variables)) throw refusal;
      }
    },
  };
}
