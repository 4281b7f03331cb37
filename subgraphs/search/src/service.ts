import { type RunningService, type ServiceOverrides, startService } from '@nova/subgraph';
import type { Config } from './config.ts';
import { createConsumers } from './consumers/index.ts';
import type { Tables } from './db/tables.ts';
import type { Deps } from './deps.ts';
import { createIndexing } from './documents/document-commands.ts';
import { writePosts, writeUsers } from './documents/document-repository.ts';
import { type Context, createContext } from './graphql/context.ts';
import { resolvers } from './graphql/resolvers/index.ts';
import { createBlocks, createSources } from './grpc/clients.ts';
import { searchService } from './grpc/search-service.ts';
import { createReindexes } from './reindexes/reindex-commands.ts';
import { createSearches } from './searches/search-commands.ts';
import { createTelemetry } from './telemetry.ts';

/** Starts search: what finds people and posts. */
export function createSearchService(config: Config, overrides: ServiceOverrides = {}): Promise<RunningService> {
  return startService<Tables, Context>({
    name: 'search',
    config,
    overrides,
    build({ db, metrics, ownCalls, stack }) {
      const { addresses, directUrl } = config;
      const sources = createSources(addresses, ownCalls);
      stack.add('user and content clients', sources.stop);
      const blocks = createBlocks(addresses.social);
      stack.add('social client', blocks.stop);
      const deps: Deps = {
        searches: createSearches({ db, blocks }),
        indexing: createIndexing(sources),
        reindexes: createReindexes({ db, directUrl, sources, write: { users: writeUsers, posts: writePosts } }),
        telemetry: createTelemetry(metrics),
      };
      return {
        graphql: { resolvers, createContext: (request) => createContext(request, deps) },
        grpc: [searchService(deps)],
        consumers: createConsumers(deps),
      };
    },
  });
}
