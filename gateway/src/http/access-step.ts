import type { OperationAccess } from '../auth/operation-access.ts';
import type { OperationStep } from './operation-steps.ts';

/** Refuses the whole operation when its viewer may not select all of it, before it is planned and before any subgraph is called. */
export function accessStep(access: OperationAccess): OperationStep {
  return {
    onSchema: access.onSchema,
    run({ schema, document, operation, request: { variables }, contextValue: { request } }) {
      if (!operation) throw new Error('The request has no operation; it should have been refused before.');
      access.check({ schema, document, operation, variables, identity: request.viewer.identity });
    },
  };
}
