import type { GraphQLDataSource } from '@apollo/gateway';
import { buildASTSchema, type GraphQLSchema, parse } from 'graphql';
import { restrictCachePolicy } from './cache-policy.ts';
import { chunkEntities } from './chunk-entities.ts';
import { type AskedEntities, countEntities } from './count-entities.ts';
import type { EntityCache } from './entity-cache/entity-cache.ts';
import { createExecutor, type Execute } from './execution/executor.ts';
import type { FanoutContext, FanoutScope } from './fanout-context.ts';
import { type GuardEvents, type GuardedSubgraph, guardSubgraph, type SubgraphHealth } from './guarded-subgraph.ts';
import type { SubgraphOptions } from './settings.ts';
import { createSharing, type SharingEvents } from './sharing/sharing.ts';
import type { CallSubgraph } from './subgraph-call.ts';
import { createSubgraphPools, type SubgraphAddress } from './subgraph-pools.ts';
import { createSubgraphTransport, type SubgraphCall } from './subgraph-transport.ts';

export type Fanout = {
  /** A schema is served from now on; `supergraph` is the text it was made from. */
  serve(schema: GraphQLSchema, supergraph: string): void;
  readonly execute: Execute;
  /** The way to a subgraph, for @apollo/gateway. */
  dataSource(definition: { readonly name: string; readonly url?: string }): GraphQLDataSource;
  /** Lets go of the connections to subgraphs that the supergraph no longer has. */
  retain(subgraphs: readonly SubgraphAddress[]): void;
  /** Of each subgraph that the supergraph has. */
  health(): readonly SubgraphHealth[];
  stop(): Promise<void>;
};

export type FanoutEvents = GuardEvents &
  SharingEvents & {
    /** A fetch asks for entities. */
    asked(entities: AskedEntities): void;
  };

export function createFanout(
  options: SubgraphOptions & {
    /**
     * gRPC calls that subgraphs may make for one operation; undefined: any number. Each is told what is left when it is called, so that
     * those called at the same time may together make more.
     */
    maxRpcCalls: number | undefined;
    /** For the shapes of answers. */
    shapeBytes: number;
    observe(call: SubgraphCall): void;
    events: FanoutEvents;
    /** Undefined where nothing is kept. */
    entityCache: EntityCache | undefined;
    /** Throws to refuse a fetch. */
    limitEntities(asked: AskedEntities, scope: FanoutScope): void;
  },
): Fanout {
  const { table, maxResponseBytes, maxRpcCalls, observe, events, entityCache } = options;
  const connectionsTo = (subgraph: string) => table.policyOf(subgraph).maxRunning;
  const pools = createSubgraphPools({ connectionsTo, maxResponseBytes });
  const addressOf = ({ name, url }: { readonly name: string; readonly url?: string }): SubgraphAddress => {
    const actual = options.urls.get(name) ?? url;
    // "localhost:4020" is a URL as well, of the scheme "localhost".
    if (!actual || !/^https?:$/.test(URL.parse(actual)?.protocol ?? ''))
      throw new Error(`The subgraph ${name} has no usable URL, but "${actual ?? ''}". Is SUBGRAPH_URLS right?`);
    return { name, url: actual };
  };
  const subgraphs = new Map<string, GuardedSubgraph>();
  let served: readonly string[] = [];
  const send: CallSubgraph = (subgraph, request, scope) => {
    const guarded = subgraphs.get(subgraph);
    if (!guarded) throw new Error(`There is no subgraph ${subgraph}.`);
    return guarded.call(request, scope);
  };
  const sharing = options.shareInFlight ? createSharing({ timeoutMs: table.longestTimeoutMs, events }) : undefined;
  const chunked = chunkEntities(sharing?.fetches(send) ?? send, options);
  const cached = entityCache?.wrap(chunked) ?? chunked;
  const call = withCachePolicy(countEntities(cached, options));
  const executor = createExecutor({ call, shapeBytes: options.shapeBytes });
  return {
    serve(schema, text) {
      const supergraph = buildASTSchema(parse(text), { assumeValidSDL: true });
      entityCache?.serve(supergraph, text);
      executor.serve(schema, supergraph);
    },
    execute: sharing?.executions(executor.execute) ?? executor.execute,
    dataSource(definition) {
      const { name: subgraph } = definition;
      const policy = table.policyOf(subgraph);
      const transport = createSubgraphTransport(addressOf(definition), { ...policy, maxRpcCalls, pools, observe });
      subgraphs.set(subgraph, guardSubgraph(transport, { subgraph, policy, events }));
      return dataSource(subgraph, call);
    },
    retain(definitions) {
      served = definitions.map(({ name }) => name);
      pools.retain(definitions.map(addressOf));
    },
    health: () => served.flatMap((name) => subgraphs.get(name)?.health() ?? []),
    stop: () => pools.stop(),
  };
}

/** Restricts how long the whole answer may be kept to what each part allows. */
function withCachePolicy(call: CallSubgraph): CallSubgraph {
  return async (subgraph, request, scope) => {
    let cacheControl: string | undefined;
    try {
      const answer = await call(subgraph, request, scope);
      if (!answer.errors) cacheControl = answer.cacheControl;
      return answer;
    } finally {
      restrictCachePolicy(scope.cachePolicy, cacheControl);
    }
  };
}

function dataSource(subgraph: string, call: CallSubgraph): GraphQLDataSource {
  return {
    async process({ request, context }) {
      const { query = '', variables = {}, operationName } = request;
      const { request: scope } = context as FanoutContext;
      const { kind = 'query' } = scope.operation;
      const answer = await call(subgraph, { query, variables, operationName, kind }, scope);
      return answer as Awaited<ReturnType<GraphQLDataSource['process']>>;
    },
  };
}
