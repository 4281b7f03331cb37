import type { ApolloServerPlugin } from '@apollo/server';
import { AppError } from '@nova/errors';
import { planExtent, planMermaid, planPicture, planTree } from '@nova/federation';
import type { OperationStep } from './operation-steps.ts';
import type { GatewayContext } from './request-scope.ts';

/** What a client wants of the plan: to see it with the answer, or instead of one. */
export type PlanWish = 'shown' | 'dry-run';

/** As `extensions.plan` has it. */
export type ShownPlan = {
  readonly fetches: number;
  readonly waves: number;
  /** By subgraph: `user 2, content 1`. */
  readonly calls: string;
  readonly cost: number | undefined;
  /** Text to read, and a Mermaid flowchart. */
  readonly tree: string;
  readonly mermaid: string;
};

/** Reads the header `x-nova-plan`. Throws BAD_REQUEST. */
export function readPlanWish(header: string | undefined): PlanWish | undefined {
  if (header === undefined) return undefined;
  if (header === '1') return 'shown';
  if (header === 'dry-run') return 'dry-run';
  throw new AppError('BAD_REQUEST', 'x-nova-plan must be 1 or dry-run.');
}

/** Draws the plan of who wants to see it. Before its budget is checked: what is too much is worth a look, too. */
export const planPictureStep: OperationStep = {
  run({ operation, operationName, contextValue: { request } }) {
    const { planWish, plan, summary, cost } = request.operation;
    if (!planWish || !plan || !summary) return;
    const picture = planPicture(plan);
    const frame = { title: [operation?.operation, operationName].filter(Boolean).join(' ') };
    request.operation.shownPlan = {
      ...summary,
      calls: planExtent(plan).calls,
      cost,
      tree: planTree(picture, frame),
      mermaid: planMermaid(picture, frame),
    };
  },
};

/** Adds the plan to whatever is answered, refusals included. */
export const planPicturePlugin: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ contextValue: { request }, response: { body } }) {
        const { shownPlan } = request.operation;
        if (!shownPlan || body.kind !== 'single') return;
        body.singleResult.extensions = { ...body.singleResult.extensions, plan: shownPlan };
      },
    };
  },
};
