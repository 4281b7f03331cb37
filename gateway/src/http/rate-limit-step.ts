import { type RateLimits, rateLimited } from '../rate-limits/rate-limits.ts';
import type { OperationStep } from './operation-steps.ts';

/** Counts every operation against its caller's quota, which the answer's headers show. */
export function rateLimitStep(rateLimits: RateLimits): OperationStep {
  return {
    onSchema: ({ apiSchema }) => rateLimits.serve(apiSchema),
    async run({ document, operation, contextValue: { request } }) {
      if (!operation) return;
      const { viewer, clientAddress, operation: about } = request;
      const quota = await rateLimits.take({
        document,
        operation,
        cost: about.cost ?? 1,
        userId: viewer.identity.kind === 'user' ? viewer.identity.userId : undefined,
        clientAddress,
      });
      if (!quota) return;
      request.answer.quota = quota;
      if (!quota.isAllowed) throw rateLimited(quota);
    },
  };
}
