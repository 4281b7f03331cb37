import { type RunningService, type ServiceOverrides, startService } from '@nova/subgraph';
import { createCommentCommands, deleteCommentsOfPost } from './comments/comment-commands.ts';
import type { Config } from './config.ts';
import type { Tables } from './db/tables.ts';
import type { Deps } from './deps.ts';
import { type Context, createContext } from './graphql/context.ts';
import { resolvers } from './graphql/resolvers/index.ts';
import { createAccounts } from './grpc/clients.ts';
import { createPostCommands, requirePost } from './posts/post-commands.ts';

/** Starts content: posts and comments. */
export function createContentService(config: Config, overrides: ServiceOverrides = {}): Promise<RunningService> {
  return startService<Tables, Context>({
    name: 'content',
    config,
    overrides,
    build({ db, stack }) {
      const accounts = createAccounts(config.identityAddress);
      stack.add('identity client', accounts.stop);
      const deps: Deps = {
        db,
        accounts,
        posts: createPostCommands({ db, deleteCommentsOfPost }),
        comments: createCommentCommands({ db, requirePost }),
      };
      return { graphql: { resolvers, createContext: (request) => createContext(request, deps) } };
    },
  });
}
