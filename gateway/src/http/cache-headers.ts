import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RequestScope } from './request-scope.ts';

/** What an answer depends on besides its URL. */
const vary = 'accept, accept-encoding, authorization';

/**
 * Says how long and by whom an answer may be kept. Only what a GET of an operation of the manifest brought without any error
 * may be; all else is `no-store`. Returns the body to send: none, with status 304, when the client has it already.
 */
export function cacheable<Body extends string | Buffer>(
  request: FastifyRequest,
  reply: FastifyReply,
  body: Body,
): Body | undefined {
  const lifetime = request.method === 'GET' ? lifetimeOf(request.scope) : undefined;
  reply.header('cache-control', lifetime ?? 'no-store');
  if (lifetime === undefined) return body;
  const others = reply.getHeader('vary');
  reply.header('vary', others === undefined ? vary : `${others}, ${vary}`);
  const etag = `W/"${createHash('sha256').update(body).digest('base64url')}"`;
  reply.header('etag', etag);
  if (!knows(request.headers['if-none-match'], etag)) return body;
  reply.code(304).removeHeader('content-type');
  return undefined;
}

function lifetimeOf({ operation, errorCodes, cachePolicy }: RequestScope): string | undefined {
  const { maxAgeSeconds = 0, isPrivate } = cachePolicy;
  if (operation.planWish || operation.foundBy !== 'id' || errorCodes.length > 0 || maxAgeSeconds === 0)
    return undefined;
  return `${isPrivate ? 'private' : 'public'}, max-age=${maxAgeSeconds}`;
}

function knows(ifNoneMatch: string | undefined, etag: string): boolean {
  return (ifNoneMatch ?? '').split(',').some((known) => known.trim() === etag);
}
