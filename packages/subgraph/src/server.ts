import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { buildSubgraphSchema, type GraphQLResolverMap } from '@apollo/subgraph';
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from '@as-integrations/fastify';
import { AppError, isAppError } from '@nova/errors';
import { runWithin } from '@nova/resilience';
import { headerNames, type IdentityVerifier, isLoopback, type Logger, type Metrics } from '@nova/runtime';
import { subgraphSdl } from '@nova/schema';
import fastify, { type FastifyInstance } from 'fastify';
import { parse } from 'graphql';
import { enforceAccess } from './enforce-access.ts';
import { errorMapper } from './error-mapper.ts';
import { withFieldKeys } from './field-keys.ts';
import { observeHttp } from './http-metrics.ts';
import { openRequestContext, type RequestContext } from './request-context.ts';
import { scalarResolvers } from './scalars.ts';

export type SubgraphServer = { readonly url: string; readonly port: number; stop(): Promise<void> };

export type SubgraphOptions<Context extends RequestContext> = {
  /** Names the SDL in schema/subgraphs. */
  readonly name: string;
  /** In place of that SDL. */
  readonly sdl?: string;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Typed by codegen, whose types are narrower than the map that building a schema takes. */
  readonly resolvers: object;
  /** Makes what resolvers see: loaders and services for one request. */
  readonly createContext: (request: RequestContext) => Context;
  readonly verifyIdentity: IdentityVerifier;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Plain HTTP routes beside /graphql. */
  readonly routes?: (app: FastifyInstance) => void;
};

/** Serves one subgraph at /graphql to callers with a signed identity. Listens on loopback only. */
export async function startSubgraphServer<Context extends RequestContext>(
  options: SubgraphOptions<Context>,
): Promise<SubgraphServer> {
  if (!isLoopback(options.host)) {
    throw new AppError('INTERNAL_ERROR', `A subgraph without TLS is served on loopback only, not on ${options.host}.`);
  }
  const app = fastify({ bodyLimit: 16 * 1024 * 1024, requestTimeout: 60_000 });
  const apollo = createApollo<Context>(options, app);
  await apollo.start();
  app.decorateRequest('nova', null);
  observeHttp(app, options.metrics);
  const handle = fastifyApolloHandler(apollo, {
    context: async (request) => options.createContext(request.nova as RequestContext),
  });
  app.post('/graphql', {
    preHandler: async (request, reply) => {
      request.nova = await openRequestContext(request, reply, options);
    },
    handler(request, reply) {
      return runWithin((request.nova as RequestContext).deadline, () => handle.call(this, request, reply));
    },
    async onSend({ nova }, reply) {
      if (nova && nova.tally.made > 0) reply.header(headerNames.rpcCalls, nova.tally.made);
    },
  });
  app.setErrorHandler((error, _request, reply) => {
    const { code, message, facts } = isAppError(error) ? error : refusalOf(error);
    if (!isAppError(error)) options.log.warn({ err: error }, 'a request was refused');
    return reply.code(facts.httpStatus).send({ errors: [{ message, extensions: { code } }] });
  });
  options.routes?.(app);
  const url = await app.listen({ host: options.host, port: options.port });
  let stopping: Promise<void> | undefined;
  return {
    url: `${url}/graphql`,
    port: Number(new URL(url).port),
    stop() {
      stopping ??= apollo.stop().then(() => app.close());
      return stopping;
    },
  };
}

function createApollo<Context extends RequestContext>(options: SubgraphOptions<Context>, app: FastifyInstance) {
  const { formatError, plugin } = errorMapper(options.log);
  const typeDefs = parse(options.sdl ?? subgraphSdl(options.name));
  const resolvers = { ...scalarResolvers, ...withFieldKeys(options.resolvers as GraphQLResolverMap<Context>) };
  return new ApolloServer<Context>({
    schema: enforceAccess(buildSubgraphSchema([{ typeDefs, resolvers }]), typeDefs),
    formatError,
    // The signed identity, which no browser can send across sites, stands in for the preflight check.
    csrfPrevention: false,
    persistedQueries: false,
    introspection: false,
    includeStacktraceInErrorResponses: false,
    plugins: [
      plugin,
      fastifyApolloDrainPlugin(app),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
    ],
  });
}

/** What Fastify refuses is the caller's fault, everything else ours. */
function refusalOf(error: unknown): AppError {
  const { statusCode = 500 } = error as { statusCode?: number };
  return statusCode < 500
    ? new AppError('BAD_REQUEST', 'The request is not usable.')
    : new AppError('INTERNAL_ERROR', 'The service failed.');
}

declare module 'fastify' {
  interface FastifyRequest {
    nova: RequestContext | null;
  }
}
