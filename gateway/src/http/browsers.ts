import compress from '@fastify/compress';
import cors from '@fastify/cors';
import { headerNames } from '@nova/runtime';
import type { FastifyInstance } from 'fastify';

/** What a page of another origin may send. Cookies are not among it: access tokens go in a header. */
const allowedHeaders = [
  'accept',
  'authorization',
  'content-type',
  'apollo-require-preflight',
  'apollographql-client-name',
  'apollographql-client-version',
  'x-apollo-operation-name',
  'x-idempotency-key',
  'x-nova-plan',
  headerNames.correlationId,
  headerNames.traceparent,
];

const preflightGoodForSeconds = 600;
/** Less does not fit one packet less. */
const compressFromBytes = 1_400;

/** What browsers need and what they must not do: CORS for the named origins, compression, and headers that forbid guessing. */
export async function serveBrowsers(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length > 0)
    await app.register(cors, {
      origin: origins.includes('*') ? '*' : [...origins],
      methods: ['GET', 'POST'],
      allowedHeaders,
      exposedHeaders: [
        headerNames.correlationId,
        'idempotency-replayed',
        'ratelimit-limit',
        'ratelimit-remaining',
        'ratelimit-reset',
        'retry-after',
      ],
      credentials: false,
      maxAge: preflightGoodForSeconds,
      strictPreflight: false,
    });
  await app.register(compress, { threshold: compressFromBytes, encodings: ['br', 'gzip'], globalDecompression: false });
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('x-content-type-options')) reply.header('x-content-type-options', 'nosniff');
    // Pages bring their own policy; an answer is no page.
    if (String(reply.getHeader('content-type')).includes('json'))
      reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  });
}
