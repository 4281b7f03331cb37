import { type RunningService, type ServiceOverrides, startService } from '@nova/subgraph';
import type { Config } from './config.ts';
import { consumers } from './consumers/index.ts';
import type { Tables } from './db/tables.ts';
import type { Deps } from './deps.ts';
import { type Context, createContext } from './graphql/context.ts';
import { resolvers } from './graphql/resolvers/index.ts';
import { createAccounts } from './grpc/clients.ts';
import { createProfileCommands } from './profiles/profile-commands.ts';

/** Starts user: profiles. */
export function createUserService(config: Config, overrides: ServiceOverrides = {}): Promise<RunningService> {
  return startService<Tables, Context>({
    name: 'user',
    config,
    overrides,
    build({ db, stack }) {
      const accounts = createAccounts(config.identityAddress);
      stack.add('identity client', accounts.stop);
      const deps: Deps = { db, accounts, profiles: createProfileCommands({ db }) };
      return { graphql: { resolvers, createContext: (request) => createContext(request, deps) }, consumers };
    },
  });
}
