import { createLogger } from '@nova/runtime';
import type { RunningService } from '@nova/subgraph';
import type { TestSubgraphs } from './subgraphs.ts';

/** Another process of the events domain beside the subgraphs; `env` says which caches it purges. */
export async function startEvents(
  { database, keys }: TestSubgraphs,
  env: Readonly<Record<string, string>>,
): Promise<RunningService> {
  const [{ createEventsService }, { readEnv, toConfig }] = await Promise.all([
    import('@nova/events-domain'),
    import('@nova/events-domain/config'),
  ]);
  const config = readEnv({
    APP_ENV: 'test',
    GRAPHQL_PORT: '0',
    GRPC_PORT: '0',
    ADMIN_PORT: '0',
    DATABASE_URL: database.urlFor('events'),
    DATABASE_POOL_MAX: '5',
    IDENTITY_PUBLIC_KEY_FILE: keys.identityPublicKeyFile,
    SERVICE_KEY_FILE: keys.serviceKeyFile,
    ...env,
  });
  return createEventsService(toConfig(config), { log: createLogger({ service: 'test', level: 'silent' }) });
}
