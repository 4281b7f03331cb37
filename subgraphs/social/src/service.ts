import { openReadCaches } from '@nova/cache';
import {
  createAccounts,
  type RunningService,
  type ServiceOverrides,
  type ServiceParts,
  startService,
} from '@nova/subgraph';
import type { Config } from './config.ts';
import { createConsumers } from './consumers/index.ts';
import type { Tables } from './db/tables.ts';
import type { Deps } from './deps.ts';
import { createErasure } from './erasures/erasure-commands.ts';
import { type Context, createContext } from './graphql/context.ts';
import { resolvers } from './graphql/resolvers/index.ts';
import { createPosts } from './grpc/clients.ts';
import { socialService } from './grpc/social-service.ts';
import { createLikeCommands } from './likes/like-commands.ts';
import { createLikeCounts } from './likes/like-counts.ts';
import { eraseLikes } from './likes/like-erasure.ts';
import { createRelationCommands, lockActor, requireReach } from './relations/relation-commands.ts';
import { eraseRelations } from './relations/relation-erasure.ts';
import { createTimelineCommands } from './timelines/timeline-commands.ts';

/** Starts social: follows, blocks, likes and home feeds. */
export function createSocialService(config: Config, overrides: ServiceOverrides = {}): Promise<RunningService> {
  return startService<Tables, Context>({
    name: 'social',
    config,
    overrides,
    build(parts) {
      const deps = createDeps(config, parts);
      return {
        graphql: { resolvers, createContext: (request) => createContext(request, deps) },
        grpc: [socialService(deps)],
        consumers: createConsumers(deps),
      };
    },
  });
}

function createDeps(config: Config, { db, metrics, stack }: ServiceParts<Tables>): Deps {
  const accounts = createAccounts(config.identityAddress);
  stack.add('identity client', accounts.stop);
  const posts = createPosts(config.contentAddress);
  stack.add('content client', posts.stop);
  const caches = openReadCaches({ service: 'social', settings: config.caches, metrics });
  stack.add('caches', caches.stop);
  const likeCounts = createLikeCounts({ db, caches });
  const timelines = createTimelineCommands(config.feed);
  return {
    db,
    accounts,
    posts,
    timelines,
    relations: createRelationCommands({ db }),
    likeCounts,
    likes: createLikeCommands({ db, lockActor, requireReach, purgeCounts: likeCounts.purge }),
    // Relations forget the row that locks the user, after whom only timelines change.
    erase: createErasure([lockActor, eraseLikes, eraseRelations, timelines.erase]),
  };
}
