import { createContentService } from '@nova/content';
import { readEnv as readContentEnv, toConfig as toContentConfig } from '@nova/content/config';
import { createIdentityService } from '@nova/identity';
import { readEnv as readIdentityEnv, toConfig as toIdentityConfig } from '@nova/identity/config';
import { createLogger, StopStack } from '@nova/runtime';
import type { Role } from '@nova/subgraph';
import { createUserService } from '@nova/user';
import { readEnv as readUserEnv, toConfig as toUserConfig } from '@nova/user/config';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createTestKeys, type TestKeys } from './identities.ts';

type IdentityService = Awaited<ReturnType<typeof createIdentityService>>;
type UserService = Awaited<ReturnType<typeof createUserService>>;
type ContentService = Awaited<ReturnType<typeof createContentService>>;

export type TestSubgraphs = {
  readonly database: TestDatabase;
  readonly keys: TestKeys;
  readonly identity: IdentityService;
  readonly user: UserService;
  readonly content: ContentService;
  stop(): Promise<void>;
};

const freePorts = { GRAPHQL_PORT: '0', GRPC_PORT: '0', ADMIN_PORT: '0' };

export type SubgraphsOptions = {
  readonly env?: Readonly<Record<string, string>>;
  /** Default: they answer, but neither relay nor consume events, which would change what a test looks at meanwhile. */
  readonly roles?: readonly Role[];
};

/** Every subgraph in this process, on free ports, over a database of its own. */
export async function startSubgraphs(options: SubgraphsOptions = {}): Promise<TestSubgraphs> {
  const stack = new StopStack();
  try {
    return await start(stack, options);
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function start(stack: StopStack, options: SubgraphsOptions): Promise<TestSubgraphs> {
  const database = await createTestDatabase();
  stack.add('database', database.drop);
  const keys = createTestKeys();
  stack.add('keys', keys.remove);
  const log = createLogger({ service: 'test', level: process.env.TEST_LOG_LEVEL === 'error' ? 'error' : 'silent' });
  const env = (domain: string) => ({
    APP_ENV: 'test',
    ...freePorts,
    DATABASE_URL: database.urlFor(domain),
    DATABASE_POOL_MAX: '5',
    IDENTITY_PUBLIC_KEY_FILE: keys.identityPublicKeyFile,
    ACCESS_TOKEN_KEY_FILE: keys.accessTokenKeyFile,
    // The cheapest argon2id: its cost is not under test, its use is.
    PASSWORD_MEMORY_KIB: '64',
    PASSWORD_PASSES: '1',
    ...options.env,
  });
  const overrides = { log, roles: new Set(options.roles ?? (['graphql', 'grpc'] as const)) };
  const identity = await createIdentityService(toIdentityConfig(readIdentityEnv(env('identity'))), overrides);
  stack.add('identity', identity.stop);
  const peers = { IDENTITY_GRPC_URL: identity.grpcAddress };
  const user = await createUserService(toUserConfig(readUserEnv({ ...env('user'), ...peers })), overrides);
  stack.add('user', user.stop);
  const content = await createContentService(
    toContentConfig(readContentEnv({ ...env('content'), ...peers })),
    overrides,
  );
  stack.add('content', content.stop);
  return { database, keys, identity, user, content, stop: () => stack.stop() };
}
