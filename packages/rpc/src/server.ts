import type { DescMessage, DescService } from '@bufbuild/protobuf';
import { AppError } from '@nova/errors';
import { type CallerVerifier, isLoopback, type Logger, type Metrics, readSettings } from '@nova/runtime';
import { type CallContext, createServer, type ServiceImplementation } from 'nice-grpc';
import { HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health';
import { ServerReflection, ServerReflectionService } from 'nice-grpc-server-reflection';
import { type CallLimits, callLimitsMiddleware } from './call-limits-middleware.ts';
import { keepCallerTimeout } from './caller-timeout.ts';
import { type ServiceDefinition, toDefinition } from './definition.ts';
import { errorMiddleware, type NameFailure } from './error-middleware.ts';
import { type CallIdentity, identityMiddleware } from './identity-middleware.ts';
import { loadSheddingMiddleware } from './load-shedding-middleware.ts';
import { metricsMiddleware } from './metrics-middleware.ts';
import { permissionMiddleware } from './permission-middleware.ts';
import { insecureServer, type TransportSecurity } from './security.ts';
import { type RpcServerLimits, rpcServerSettings, serverOptions, toRpcServerLimits } from './server-limits.ts';
import { validationMiddleware } from './validation-middleware.ts';

/** What a method is called with besides its request. It is also the origin of the calls that the method makes. */
export type RpcContext = CallContext & CallIdentity & CallLimits;
export type RpcImplementation<S extends DescService> = ServiceImplementation<
  ServiceDefinition<S>,
  CallIdentity & CallLimits
>;

/** Permissions that methods need of whom a call is made for; a method without one serves whoever has a signed identity. */
type MethodPermissions<S extends DescService> = Readonly<Partial<Record<keyof S['method'], string>>>;

/** A service, what implements it, and who may call it. */
export type RpcService = {
  readonly service: DescService;
  readonly implementation: RpcImplementation<DescService>;
  readonly permissions: MethodPermissions<DescService>;
};

/** Pairs a service with its implementation and the permissions its methods need, checked against each other. */
export function rpcService<S extends DescService>(
  service: S,
  implementation: RpcImplementation<S>,
  permissions?: MethodPermissions<S>,
): RpcService {
  return {
    service,
    implementation: implementation as unknown as RpcImplementation<DescService>,
    permissions: permissions ?? {},
  };
}

export type RpcServer = { readonly port: number; stop(): Promise<void> };

/**
 * Serves services over gRPC with health and reflection. Every call but those two must carry a signed identity, with the
 * permission that its method needs; requests are checked against the rules in their proto; whatever is thrown leaves as
 * one status (see status.ts).
 */
export async function startRpcServer(options: {
  host: string;
  port: number;
  services: readonly RpcService[];
  /** A FileDescriptorSet that contains the services, for reflection. */
  descriptors: Uint8Array;
  verifyIdentity: CallerVerifier;
  nameFailure?: NameFailure;
  log: Logger;
  metrics: Metrics;
  security?: Pick<TransportSecurity, 'server'>;
  limits?: RpcServerLimits;
}): Promise<RpcServer> {
  if (!options.security && !isLoopback(options.host)) {
    throw new AppError('INTERNAL_ERROR', `gRPC without TLS is served on loopback only, not on ${options.host}.`);
  }
  const limits = options.limits ?? toRpcServerLimits(readSettings(rpcServerSettings, {}));
  const health = HealthState();
  const server = createServer({ ...serverOptions(limits), interceptors: [keepCallerTimeout] })
    .use(metricsMiddleware(options.metrics))
    .use(errorMiddleware(options.log, options.nameFailure ?? (() => undefined)))
    .use(loadSheddingMiddleware(limits.maxCalls))
    .use(identityMiddleware(options.verifyIdentity))
    .use(permissionMiddleware(permissionsByPath(options.services)))
    .use(validationMiddleware(requestTypes(options.services)));
  server.add(HealthDefinition, HealthServiceImpl(health));
  server.add(
    ServerReflectionService,
    ServerReflection(
      options.descriptors,
      options.services.map(({ service }) => service.typeName),
    ),
  );
  for (const { service, implementation } of options.services)
    server.with(callLimitsMiddleware).add(toDefinition(service), implementation as never);
  const port = await server.listen(`${options.host}:${options.port}`, options.security?.server ?? insecureServer());
  const healthOf = ['', ...options.services.map(({ service }) => service.typeName)];
  for (const name of healthOf) health.setStatus('healthy', name);
  let stopping: Promise<void> | undefined;
  return {
    port,
    stop() {
      for (const name of healthOf) health.setStatus('unhealthy', name);
      stopping ??= stopWithin(server, 5_000);
      return stopping;
    },
  };
}

function requestTypes(services: readonly RpcService[]): Map<string, DescMessage> {
  return new Map(
    services.flatMap(({ service }) => service.methods.map(({ input }) => [input.typeName, input] as const)),
  );
}

function permissionsByPath(services: readonly RpcService[]): Map<string, string> {
  return new Map(
    services.flatMap(({ service, permissions }) =>
      service.methods.flatMap(({ name, localName }) => {
        const permission = permissions[localName];
        return permission === undefined ? [] : [[`/${service.typeName}/${name}`, permission] as const];
      }),
    ),
  );
}

/** A connection whose other end is gone without a word never closes, and would be waited for without end. */
async function stopWithin(
  server: { shutdown(): Promise<void>; forceShutdown(): void },
  graceMs: number,
): Promise<void> {
  const forced = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    server.forceShutdown();
    forced.resolve();
  }, graceMs);
  try {
    await Promise.race([server.shutdown(), forced.promise]);
  } finally {
    clearTimeout(timer);
  }
}
