import { openReadCaches } from '@nova/cache';
import { createAccounts, type RunningService, type ServiceOverrides, startService } from '@nova/subgraph';
import { createCommentCommands, deleteCommentsOfPost } from './comments/comment-commands.ts';
import type { Config } from './config.ts';
import { createConsumers } from './consumers/index.ts';
import type { Tables } from './db/tables.ts';
import type { Deps } from './deps.ts';
import { type Context, createContext } from './graphql/context.ts';
import { resolvers } from './graphql/resolvers/index.ts';
import { createMedia, createRelations } from './grpc/clients.ts';
import { contentService } from './grpc/content-service.ts';
import { createPostCommands, requirePost } from './posts/post-commands.ts';
import { createStoredPosts } from './posts/stored-posts.ts';

/** Starts content: posts and comments. */
export function createContentService(config: Config, overrides: ServiceOverrides = {}): Promise<RunningService> {
  return startService<Tables, Context>({
    name: 'content',
    config,
    overrides,
    build({ db, log, metrics, stack }) {
      const accounts = createAccounts(config.identityAddress);
      stack.add('identity client', accounts.stop);
      const relations = createRelations(config.socialAddress);
      stack.add('social client', relations.stop);
      const media = createMedia(config.mediaAddress);
      stack.add('media client', media.stop);
      const caches = openReadCaches({ service: 'content', settings: config.caches, metrics });
      stack.add('caches', caches.stop);
      const storedPosts = createStoredPosts({ db, caches });
      const deps: Deps = {
        db,
        accounts,
        relations,
        media,
        storedPosts,
        posts: createPostCommands({ db, deleteCommentsOfPost, purgePosts: storedPosts.purge }),
        comments: createCommentCommands({ db, requirePost }),
      };
      return {
        graphql: { resolvers, createContext: (request) => createContext(request, deps) },
        grpc: [contentService(deps, log)],
        consumers: createConsumers(deps),
      };
    },
  });
}
