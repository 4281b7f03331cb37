import { type ApolloServer, HeaderMap, type HTTPGraphQLResponse } from '@apollo/server';
import { AppError, type ErrorCode, errorCodes } from '@nova/errors';
import { startDeadline } from '@nova/resilience';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { StoredAnswer } from '../idempotency/store.ts';
import { cacheable } from './cache-headers.ts';
import { lastWord } from './idempotency-step.ts';
import { readPlanWish } from './plan-picture.ts';
import { type OperationRequest, readPostedOperation, readQueriedOperation } from './read-operation.ts';
import { currentScope, type GatewayContext, type RequestScope } from './request-scope.ts';

export type GraphqlHandlerOptions = {
  readonly apollo: ApolloServer<GatewayContext>;
  readonly requestTimeoutMs: number;
  /** Whether who asks for the plan of an operation gets it. */
  readonly showsPlans: boolean;
  /** Finds the text to run, or throws the policy's refusal. */
  readonly resolveDocument: (request: OperationRequest & { readonly isTrusted: boolean }) => Promise<{
    readonly query: string;
    readonly verdict: string;
    readonly operation?: { readonly id: string; readonly name: string };
  }>;
  readonly trustedClients: { nameOf(key: string | undefined): string | undefined };
  /** Runs what there is a place for, or throws OVERLOADED. */
  readonly admit: <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  readonly authenticate: (authorization: string | undefined) => Promise<GatewayContext['request']['viewer']>;
};

/** Serves one GraphQL request: reads it, finds its document and its viewer, and has Apollo run it. */
export function createGraphqlHandler(options: GraphqlHandlerOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<string | Buffer | undefined> => {
    const { scope } = request;
    const search = searchOf(request);
    const asked = request.method === 'GET' ? readQueriedOperation(search) : readPostedOperation(request.body);
    const trustedAs = options.trustedClients.nameOf(headerOf(request, 'x-nova-client-key'));
    if (trustedAs !== undefined) scope.client.trustedAs = trustedAs;
    scope.operation.askedId = asked.ids[0];
    if (options.showsPlans) scope.operation.planWish = readPlanWish(headerOf(request, 'x-nova-plan'));
    // Before the first wait, so that its time counts and a client that hangs up meanwhile is noticed.
    const deadline = startDeadline(options.requestTimeoutMs, hangUpSignal(reply));
    let settled: StoredAnswer | undefined;
    try {
      const isTrusted = trustedAs !== undefined;
      const { query, operation, verdict } = await options.resolveDocument({ ...asked, isTrusted });
      scope.operation.id = operation?.id;
      scope.operation.name = operation?.name;
      scope.operation.foundBy = verdict;
      const answer = await options.admit(async () => {
        const viewer = await options.authenticate(request.headers.authorization);
        return currentScope.run(scope, () =>
          options.apollo.executeHTTPGraphQLRequest({
            httpGraphQLRequest: toApolloRequest(request, { ...asked, query }),
            context: async () => ({ request: { ...scope, deadline, viewer } }),
          }),
        );
      }, deadline.signal);
      const { earlier } = scope.idempotency.claim ?? {};
      const { status, body } = earlier ?? { status: statusOf(scope), body: await bodyText(answer) };
      settled = lastWord(scope, { status, body });
      reply.code(status).header('content-type', contentType(request));
      setQuotaHeaders(reply, scope);
      const allow = answer.headers.get('allow');
      if (allow) reply.header('allow', allow);
      if (earlier) reply.header('idempotency-replayed', 'true');
      if (status !== 200 && soonOver.has(scope.errorCodes[0])) reply.header('retry-after', '1');
      return cacheable(request, reply, scope.answer.body ?? body);
    } finally {
      deadline.clear();
      await scope.idempotency.claim?.settle?.(settled);
    }
  };
}

function toApolloRequest(request: FastifyRequest, { query, operationName, variables }: OperationRequest) {
  const headers = new HeaderMap();
  // No other header has a meaning for Apollo; `accept` is left out because it is judged only after execution.
  for (const name of ['content-type', 'apollo-require-preflight', 'x-apollo-operation-name']) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  if (request.method !== 'GET')
    return {
      method: 'POST',
      headers,
      search: '',
      body: { query, operationName: operationName ?? null, variables: variables ?? null },
    };
  const search = new URLSearchParams({ query: query ?? '' });
  if (operationName !== undefined) search.set('operationName', operationName);
  if (variables !== undefined) search.set('variables', JSON.stringify(variables));
  return { method: 'GET', headers, search: `?${search}`, body: undefined };
}

async function bodyText({ body }: HTTPGraphQLResponse): Promise<string> {
  if (body.kind === 'complete') return body.string;
  throw new AppError('INTERNAL_ERROR', 'Incremental delivery is not served.');
}

/** What is worth another try a second later. */
const soonOver = new Set<ErrorCode | undefined>(['IDEMPOTENT_REQUEST_RUNNING', 'OVERLOADED']);

/** 200 when there is data to show (a root field that is not null), else the status of what went wrong first. */
function statusOf({ operation, errorCodes: codes }: RequestScope): number {
  const [first] = codes;
  return first === undefined || operation.hasData ? 200 : errorCodes[first].httpStatus;
}

/** As https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-03 names them. */
function setQuotaHeaders(reply: FastifyReply, { answer: { quota } }: RequestScope): void {
  if (!quota) return;
  reply
    .header('ratelimit-limit', quota.limit)
    .header('ratelimit-remaining', quota.remaining)
    .header('ratelimit-reset', quota.waitSeconds);
  if (!quota.isAllowed) reply.header('retry-after', quota.waitSeconds);
}

const graphqlResponse = 'application/graphql-response+json';

function contentType({ headers: { accept = '' } }: FastifyRequest): string {
  const modern = accept.includes(graphqlResponse) && !accept.includes('application/json');
  return `${modern ? graphqlResponse : 'application/json'}; charset=utf-8`;
}

function hangUpSignal(reply: FastifyReply): AbortSignal {
  const hungUp = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) hungUp.abort(new AppError('SERVICE_UNAVAILABLE', 'The client hung up.'));
  });
  return hungUp.signal;
}

function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function searchOf(request: FastifyRequest): string {
  const at = request.url.indexOf('?');
  return at < 0 ? '' : request.url.slice(at);
}
