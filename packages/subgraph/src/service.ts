import { databaseFailure, openDatabase } from '@nova/postgres';
import { createOwnCalls, type OwnCalls, type RpcService, readDescriptors, startRpcServer } from '@nova/rpc';
import {
  createCallerVerifier,
  createIdentityVerifier,
  createLogger,
  createMetrics,
  type Logger,
  type Metrics,
  type ReadinessCheck,
  type Running,
  StopStack,
  startAdminServer,
} from '@nova/runtime';
import type { Kysely } from 'kysely';
import { deadLetterService } from './dead-letter-service.ts';
import { type EventHandlers, startEventRoles } from './event-roles.ts';
import type { RequestContext } from './request-context.ts';
import { type Role, roles } from './roles.ts';
import { type SubgraphOptions, startSubgraphServer } from './server.ts';
import type { SubgraphConfig } from './subgraph-settings.ts';

/** What a domain builds its commands and doors from. */
export type ServiceParts<Tables> = {
  readonly db: Kysely<Tables>;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** For calls in the service's own name: those of consumers, which no request causes, and what only this service may ask. */
  readonly ownCalls: OwnCalls;
  /** For what has to stop with the service: clients of others, say. */
  readonly stack: StopStack;
};

export type ServiceDoors<Tables, Context extends RequestContext> = {
  /** Undefined for a domain that has no subgraph. */
  readonly graphql?: Pick<SubgraphOptions<Context>, 'resolvers' | 'createContext' | 'routes'>;
  /** Beside the service of its dead letters, which every domain that consumes has. */
  readonly grpc?: readonly RpcService[];
  /** Of the events it consumes, as the group that has the domain's name. */
  readonly consumers?: EventHandlers<Tables>;
  /** Other groups by their names, for a domain that does several independent things with the same events. */
  readonly groups?: Readonly<Record<string, EventHandlers<Tables>>>;
  /** Starts what it does on its own, in processes that consume. */
  readonly background?: () => Running;
};

export type RunningService = {
  /** Of /graphql; empty when this process does not serve it. */
  readonly graphqlUrl: string;
  /** host:port; empty when this process serves no gRPC. */
  readonly grpcAddress: string;
  readonly adminUrl: string;
  stop(): Promise<void>;
};

/** What tests and `bin/main.ts` choose about a service. */
export type ServiceOverrides = { readonly log?: Logger; readonly roles?: ReadonlySet<Role> };

export type ServiceOptions<Tables, Context extends RequestContext> = {
  /** The domain. */
  readonly name: string;
  /** Of calls in its own name. */
  readonly permissions?: readonly string[];
  readonly config: SubgraphConfig;
  readonly overrides?: ServiceOverrides;
  readonly build: (
    parts: ServiceParts<Tables>,
  ) => ServiceDoors<Tables, Context> | Promise<ServiceDoors<Tables, Context>>;
};

/** Starts a domain's process in the roles asked for (all by default). A failed start leaves nothing running. */
export async function startService<Tables, Context extends RequestContext>(
  options: ServiceOptions<Tables, Context>,
): Promise<RunningService> {
  const stack = new StopStack();
  try {
    return await start(options, stack);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function start<Tables, Context extends RequestContext>(
  { name, permissions, config, overrides = {}, build }: ServiceOptions<Tables, Context>,
  stack: StopStack,
): Promise<RunningService> {
  const log = overrides.log ?? createLogger({ service: name, level: config.logLevel });
  const has = (role: Role) => (overrides.roles ?? new Set(roles)).has(role);
  const metrics = createMetrics(name);
  const database = openDatabase<Tables>({ ...config.database, applicationName: `nova-${name}`, log, metrics });
  stack.add('database', database.stop);
  const ownCalls = createOwnCalls({ service: name, serviceKey: config.serviceKey, permissions });
  const doors = await build({ db: database.db, log, metrics, ownCalls, stack });
  const checks = [stack.readiness, { name: 'database', check: database.check }];
  const shared: SharedParts = { name, config, log, metrics, stack };
  const adminUrl = await startAdmin(shared, checks);
  const groups = { ...(doors.consumers ? { [name]: doors.consumers } : {}), ...doors.groups };
  startEventRoles<Tables>({ ...shared, db: database.db }, { has, groups });
  if (has('consumers') && doors.background) stack.add('background work', doors.background().stop);
  const consumes = Object.values(groups).some((handlers) => handlers.length > 0);
  const services = [...(doors.grpc ?? []), ...(consumes ? [deadLetterService(database.db)] : [])];
  const grpcAddress = has('grpc') && services.length > 0 ? await startGrpc(shared, services) : '';
  const graphqlUrl = has('graphql') && doors.graphql ? await startGraphql(shared, doors.graphql) : '';
  const urls = { graphqlUrl, grpcAddress, adminUrl };
  log.info(urls, `${name} is ready`);
  return { ...urls, stop: () => stack.stop() };
}

type SharedParts = {
  readonly name: string;
  readonly config: SubgraphConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly stack: StopStack;
};

async function startAdmin({ config, metrics, stack }: SharedParts, checks: readonly ReadinessCheck[]): Promise<string> {
  const admin = await startAdminServer({ host: config.host, port: config.ports.admin, metrics, checks });
  stack.add('admin server', admin.stop);
  return admin.url;
}

async function startGrpc(
  { config, log, metrics, stack }: SharedParts,
  services: readonly RpcService[],
): Promise<string> {
  const server = await startRpcServer({
    host: config.host,
    port: config.ports.grpc,
    services,
    descriptors: readDescriptors(),
    verifyIdentity: createCallerVerifier(config),
    nameFailure: databaseFailure,
    limits: config.rpc,
    log,
    metrics,
  });
  stack.add('grpc server', server.stop);
  return `${config.host}:${server.port}`;
}

async function startGraphql<Tables, Context extends RequestContext>(
  { name, config, log, metrics, stack }: SharedParts,
  door: NonNullable<ServiceDoors<Tables, Context>['graphql']>,
): Promise<string> {
  const server = await startSubgraphServer<Context>({
    ...door,
    name,
    host: config.host,
    port: config.ports.graphql,
    verifyIdentity: createIdentityVerifier(config.identityPublicKey),
    log,
    metrics,
  });
  stack.add('graphql server', server.stop);
  return server.url;
}
