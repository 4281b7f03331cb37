import { errorCodes } from '@nova/errors';
import type { Idempotency } from '../idempotency/idempotency.ts';
import type { StoredAnswer } from '../idempotency/store.ts';
import type { OperationStep } from './operation-steps.ts';
import type { RequestScope } from './request-scope.ts';

/** Looks up what became of a mutation's idempotency key. */
export function idempotencyStep(idempotency: Idempotency): OperationStep {
  return {
    async run({ document, operation, queryHash, request: { operationName, variables }, contextValue: { request } }) {
      if (operation?.operation !== 'mutation' || request.operation.planWish === 'dry-run') return;
      const { viewer, clientAddress, deadline } = request;
      request.idempotency.claim = await idempotency.claim({
        key: request.idempotency.key,
        userId: viewer.identity.kind === 'user' ? viewer.identity.userId : undefined,
        clientAddress,
        document,
        operation,
        queryHash,
        operationName,
        variables,
        remainingMs: deadline.remainingMs(),
      });
    },
  };
}

/** The answer when it is the last word: of an operation that was executed, and that a retry would not help. */
export function lastWord(
  { operation, errorCodes: codes }: RequestScope,
  answer: StoredAnswer,
): StoredAnswer | undefined {
  const mayChange = codes.some((code) => errorCodes[code].retryable);
  return operation.executed && !mayChange ? answer : undefined;
}
