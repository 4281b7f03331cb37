import type { Identity } from '@nova/runtime';
import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import type { OperationStep } from './operation-steps.ts';

/** What decides who may run an operation. */
export type AccessCheck = Required<Pick<OperationStep, 'onSchema'>> & {
  check(request: {
    readonly schema: GraphQLSchema;
    readonly document: DocumentNode;
    readonly operation: OperationDefinitionNode;
    readonly variables?: Readonly<Record<string, unknown>> | undefined;
    readonly identity: Identity;
  }): void;
};

/** Refuses the whole operation when its viewer may not select all of it, before it is planned and before any subgraph is called. */
export function accessStep(access: AccessCheck): OperationStep {
  return {
    onSchema: access.onSchema,
    run({ schema, document, operation, request: { variables }, contextValue: { request } }) {
      if (!operation) throw new Error('The request has no operation; it should have been refused before.');
      access.check({ schema, document, operation, variables, identity: request.viewer.identity });
    },
  };
}
