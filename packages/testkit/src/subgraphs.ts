import { createContentService } from '@nova/content';
import { readEnv as readContentEnv, toConfig as toContentConfig } from '@nova/content/config';
import { createIdentityService } from '@nova/identity';
import { readEnv as readIdentityEnv, toConfig as toIdentityConfig } from '@nova/identity/config';
import { createLogger, StopStack } from '@nova/runtime';
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

/** Every subgraph in this process, on free ports, over a database of its own. */
export async function startSubgraphs(options: { env?: Readonly<Record<string, string>> } = {}): Promise<TestSubgraphs> {
  const stack = new StopStack();
  try {
    return await start(stack, options.env ?? {});
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function start(stack: StopStack, extra: Readonly<Record<string, string>>): Promise<TestSubgraphs> {
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
    ...extra,
  });
  const identity = await createIdentityService(toIdentityConfig(readIdentityEnv(env('identity'))), { log });
  stack.add('identity', identity.stop);
  const peers = { IDENTITY_GRPC_URL: identity.grpcAddress };
  const user = await createUserService(toUserConfig(readUserEnv({ ...env('user'), ...peers })), { log });
  stack.add('user', user.stop);
  const content = await createContentService(toContentConfig(readContentEnv({ ...env('content'), ...peers })), { log });
  stack.add('content', content.stop);
  return { database, keys, identity, user, content, stop: () => stack.stop() };
}
