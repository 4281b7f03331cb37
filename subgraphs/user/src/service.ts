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
import { createErasureCommands, isErased } from './erasures/erasure-commands.ts';
import { observeErasures } from './erasures/erasure-metrics.ts';
import { type Context, createContext } from './graphql/context.ts';
import { resolvers } from './graphql/resolvers/index.ts';
import { createAssets, createRelations } from './grpc/clients.ts';
import { userService } from './grpc/user-service.ts';
import { createProfileCommands, holdProfile, updatePrivacy } from './profiles/profile-commands.ts';
import { createStoredProfiles } from './profiles/stored-profiles.ts';
import { createQuotaCommands } from './quotas/quota-commands.ts';
import { createSettingsCommands } from './settings/settings-commands.ts';

/** Starts user: profiles, settings, storage quotas and erasures. */
export function createUserService(config: Config, overrides: ServiceOverrides = {}): Promise<RunningService> {
  return startService<Tables, Context>({
    name: 'user',
    config,
    overrides,
    build(parts) {
      const deps = createDeps(config, parts);
      observeErasures(parts.metrics, parts.db);
      return {
        graphql: { resolvers, createContext: (request) => createContext(request, deps) },
        grpc: [userService(deps)],
        consumers: createConsumers(deps),
      };
    },
  });
}

function createDeps(config: Config, { db, metrics, stack }: ServiceParts<Tables>): Deps {
  const accounts = createAccounts(config.identityAddress);
  stack.add('identity client', accounts.stop);
  const relations = createRelations(config.socialAddress);
  stack.add('social client', relations.stop);
  const assets = createAssets(config.mediaAddress);
  stack.add('media client', assets.stop);
  const caches = openReadCaches({ service: 'user', settings: config.caches, metrics });
  stack.add('caches', caches.stop);
  const storedProfiles = createStoredProfiles({ db, caches });
  const purgeProfiles = storedProfiles.purge;
  const { storageLimitBytes } = config;
  return {
    db,
    accounts,
    relations,
    assets,
    storageLimitBytes,
    storedProfiles,
    profiles: createProfileCommands({ db, purgeProfiles }),
    settings: createSettingsCommands({ db, holdProfile, updatePrivacy, purgeProfiles }),
    quotas: createQuotaCommands({ db, limitBytes: storageLimitBytes, isErased }),
    erasures: createErasureCommands({ db, holdProfile }),
  };
}
