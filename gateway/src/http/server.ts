import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, isAppError } from '@nova/errors';
import { correlationIdFrom, headerNames, traceparentFrom } from '@nova/runtime';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { serveBrowsers } from './browsers.ts';
import type { ToClientError } from './client-error.ts';
import { answerClientError, answerPipelined, maxHeaderBytes } from './client-socket-error.ts';
import { readJsonBodies } from './json-body.ts';
import { boundPipelining } from './pipelining.ts';
import type { RequestScope } from './request-scope.ts';

/** One HTTP request when all is over. */
export type AnsweredRequest = {
  readonly method: string;
  /** The route's pattern; `none` for paths that are not served. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  /** Whether the client went away before the answer was written. */
  readonly abandoned: boolean;
  readonly scope: RequestScope;
};

export type HttpServerOptions = {
  readonly host: string;
  readonly port: number;
  readonly maxBodyBytes: number;
  /** Headers that one request may have. */
  readonly maxHeaders: number;
  /** Origins of pages that may call from a browser; `*` for any. */
  readonly corsOrigins: readonly string[];
  /** For how long new connections are taken after `stop` was called. */
  readonly shutdownDelayMs: number;
  readonly drainTimeoutMs: number;
  /** Addresses and networks whose x-forwarded-for is believed. */
  readonly trustedProxies: readonly string[];
  readonly toClientError: ToClientError;
  readonly handleGraphql: (request: FastifyRequest, reply: FastifyReply) => Promise<string | Buffer | undefined>;
  /** Further routes, and their place in development only. */
  readonly routes?: (app: FastifyInstance) => void;
  readonly observe: (answered: AnsweredRequest) => void;
};

export type HttpServer = { readonly url: string; stop(): Promise<void> };

/** Serves /graphql. Every answer carries the correlation id; every error has the one form. `stop` lets requests finish. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const app = fastify({
    trustProxy: [...options.trustedProxies],
    exposeHeadRoutes: false,
    serverFactory: (handle) =>
      createServer(
        {
          // A client that sends its request too slowly is let go: headers in 10 s, all of it in 20 s.
          requestTimeout: 20_000,
          headersTimeout: 10_000,
          connectionsCheckingInterval: 2_000,
          keepAliveTimeout: 65_000,
          maxHeaderSize: maxHeaderBytes,
          requireHostHeader: false,
        },
        boundPipelining(handle, answerPipelined(options.toClientError)),
      ),
    // Requests that still arrive on open connections while stopping are served.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError(options.toClientError),
    frameworkErrors: (error, _request, reply) => refuse(error, reply as FastifyReply, options),
  });
  await serveBrowsers(app, options.corsOrigins);
  readJsonBodies(app, options.maxBodyBytes);
  app.decorateRequest('scope', null as unknown as RequestScope);
  app.addHook('onRequest', async (request, reply) => {
    openScope(request, reply, options.observe);
    refuseManyHeaders(request, options.maxHeaders);
    requireOneHost(request);
  });
  let stopping: Promise<void> | undefined;
  // An answer given while stopping ends its connection, which would otherwise stay open and idle.
  app.addHook('onSend', async (_request, reply) => {
    if (stopping) reply.header('connection', 'close');
  });
  app.setErrorHandler((error, _request, reply) => refuse(error, reply, options));
  app.setNotFoundHandler((request) => {
    throw new AppError('ROUTE_NOT_FOUND', `Nothing is served at ${request.url.slice(0, 100)}; try /graphql.`);
  });
  app.route({ method: ['GET', 'POST'], url: '/graphql', handler: options.handleGraphql });
  app.route({
    method: ['DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'PUT'],
    url: '/graphql',
    handler: async (request, reply) => {
      reply.header('allow', 'GET, POST');
      throw new AppError('METHOD_NOT_ALLOWED', `GraphQL is served by GET and POST, not by ${request.method}.`);
    },
  });
  options.routes?.(app);
  // Node would answer an expectation that it does not know without a body; it may be ignored.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  const url = await app.listen({ host: options.host, port: options.port });
  return {
    url,
    stop() {
      stopping ??= drain(app, options);
      return stopping;
    },
  };
}

async function drain(
  app: FastifyInstance,
  { shutdownDelayMs, drainTimeoutMs }: Pick<HttpServerOptions, 'shutdownDelayMs' | 'drainTimeoutMs'>,
): Promise<void> {
  await sleep(shutdownDelayMs);
  const cutOff = setTimeout(() => app.server.closeAllConnections(), drainTimeoutMs);
  try {
    await app.close();
  } finally {
    clearTimeout(cutOff);
  }
}

function openScope(request: FastifyRequest, reply: FastifyReply, observe: HttpServerOptions['observe']): void {
  const scope = newScope(request);
  request.scope = scope;
  reply.header(headerNames.correlationId, scope.correlationId);
  reply.raw.once('close', () =>
    observe({
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.raw.statusCode,
      durationMs: performance.now() - scope.startedAt,
      abandoned: !reply.raw.writableFinished,
      scope,
    }),
  );
}

/** Node drops what is beyond its own limit in silence; so many do not get here. */
function refuseManyHeaders({ raw }: FastifyRequest, limit: number): void {
  const headers = raw.rawHeaders.length / 2;
  if (headers > limit)
    throw new AppError('HEADER_LIMIT_EXCEEDED', `The request has ${headers} headers; ${limit} are allowed.`, {
      details: { headers, limit },
    });
}

/** Node would answer a request without a host by itself, without a body, and take the first of several. */
function requireOneHost({ raw }: FastifyRequest): void {
  const hosts = raw.headersDistinct.host?.length ?? 0;
  if (raw.httpVersion === '1.1' && hosts !== 1)
    throw new AppError('BAD_REQUEST', `The request has ${hosts} Host headers; it must have one.`);
}

function newScope({ headers, ip }: FastifyRequest): RequestScope {
  const label = (value: unknown) => (typeof value === 'string' ? value.slice(0, 100) : undefined);
  return {
    correlationId: correlationIdFrom(headers[headerNames.correlationId]),
    traceparent: traceparentFrom(headers[headerNames.traceparent]),
    startedAt: performance.now(),
    clientAddress: ip,
    // What fetch() sends for `cache: 'no-cache'` and `cache: 'reload'`.
    wantsFresh: /(^|[\s,])(no-cache|no-store|max-age=0)\b/i.test(headers['cache-control'] ?? ''),
    client: {
      name: label(headers['apollographql-client-name']),
      version: label(headers['apollographql-client-version']),
    },
    operation: { executed: false, hasData: false },
    stats: { fetches: 0, waves: 0, rpcCalls: 0, shared: 0, entities: 0 },
    cachePolicy: { maxAgeSeconds: undefined, isPrivate: false },
    errorCodes: [],
    answer: {},
    idempotency: { key: headers['x-idempotency-key'] as string | undefined },
  };
}

function refuse(error: unknown, reply: FastifyReply, options: HttpServerOptions): FastifyReply {
  const { request } = reply;
  // A URL that cannot be decoded fails before any hook has run.
  const scope = request.scope ?? newScope(request);
  const refusal = toAppError(error);
  const shown = options.toClientError(refusal ?? error, scope.correlationId);
  scope.errorCodes.push(shown.extensions.code);
  if (shown.extensions.code === 'OVERLOADED') reply.header('retry-after', '1');
  // What is left of the body is not read.
  if (shown.extensions.code === 'BODY_TOO_LARGE') reply.header('connection', 'close');
  return reply
    .code(refusal?.facts.httpStatus ?? 500)
    .header(headerNames.correlationId, scope.correlationId)
    .header('cache-control', 'no-store')
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify({ errors: [shown] }));
}

function toAppError(error: unknown): AppError | undefined {
  if (isAppError(error)) return error;
  const { code = '', statusCode = 500 } = error as { code?: string; statusCode?: number };
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.');
  return statusCode < 500 ? new AppError('BAD_REQUEST', (error as Error).message) : undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    scope: RequestScope;
  }
}
