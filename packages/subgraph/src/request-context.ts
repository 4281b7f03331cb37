import { AppError } from '@nova/errors';
import { type IdempotencyKey, parseIdempotencyKey } from '@nova/idempotency';
import { type Deadline, startDeadline } from '@nova/resilience';
import { type CallTally, createCallTally } from '@nova/rpc';
import {
  correlationIdFrom,
  headerNames,
  type Identity,
  type IdentityVerifier,
  type Logger,
  traceparentFrom,
} from '@nova/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** What a subgraph knows of the request it serves. It is also the origin of the gRPC calls made for it. */
export type RequestContext = {
  readonly identity: Identity;
  /** The signed form of `identity`, to send on. */
  readonly identityToken: string;
  readonly correlationId: string;
  /** W3C trace context. */
  readonly traceparent: string;
  /** The gateway's deadline; its signal also aborts when the gateway hangs up. */
  readonly deadline: Deadline;
  /** gRPC calls made for the request, and how many more the gateway allows. */
  readonly tally: CallTally;
  /** Of the request; what resolvers of `Mutation` see is of their field. */
  readonly idempotency: IdempotencyKey | undefined;
  readonly log: Logger;
};

const maxDeadlineMs = 30_000;

/** Verifies who the request acts for and starts its deadline. Throws UNAUTHENTICATED without a valid identity, and BAD_REQUEST. */
export async function openRequestContext(
  request: FastifyRequest,
  reply: FastifyReply,
  services: { verifyIdentity: IdentityVerifier; log: Logger },
): Promise<RequestContext> {
  const deadline = startRequestDeadline(request, reply);
  const correlationId = correlationIdFrom(request.headers[headerNames.correlationId]);
  const traceparent = traceparentFrom(request.headers[headerNames.traceparent]);
  const identityToken = headerText(request, headerNames.identity);
  const identity = await services.verifyIdentity(identityToken).catch((cause: unknown) => {
    throw new AppError('UNAUTHENTICATED', 'The request carries no valid identity.', { cause });
  });
  const idempotency = idempotencyKeyOf(request);
  const tally = createCallTally(headerText(request, headerNames.rpcAllowance));
  const log = services.log.child({ correlationId });
  return { identity, identityToken, correlationId, traceparent, deadline, tally, idempotency, log };
}

function startRequestDeadline(request: FastifyRequest, reply: FastifyReply): Deadline {
  const hungUp = new AbortController();
  const deadline = startDeadline(deadlineMs(headerText(request, headerNames.deadlineMs)), hungUp.signal);
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) hungUp.abort(new AppError('DEADLINE_EXCEEDED', 'The caller hung up.'));
    deadline.clear();
  });
  return deadline;
}

function idempotencyKeyOf(request: FastifyRequest): IdempotencyKey | undefined {
  const text = headerText(request, headerNames.idempotencyKey);
  const key = parseIdempotencyKey(text);
  if (text !== '' && !key) throw new AppError('BAD_REQUEST', `${headerNames.idempotencyKey} is malformed.`);
  return key;
}

function headerText(request: FastifyRequest, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

function deadlineMs(text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : maxDeadlineMs;
  return Math.min(value, maxDeadlineMs);
}
