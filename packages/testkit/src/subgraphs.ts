import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, StopStack } from '@nova/runtime';
import type { Role, RunningService, ServiceOverrides } from '@nova/subgraph';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { freeFixedPort } from './fixed-port.ts';
import { createTestKeys, type TestKeys } from './identities.ts';

// Loaded when they are started: most tests need a database only.
const starters = {
  identity: async (env, overrides) => {
    const [{ createIdentityService }, { readEnv, toConfig }] = await Promise.all([
      import('@nova/identity'),
      import('@nova/identity/config'),
    ]);
    return createIdentityService(toConfig(readEnv(env)), overrides);
  },
  user: async (env, overrides) => {
    const [{ createUserService }, { readEnv, toConfig }] = await Promise.all([
      import('@nova/user'),
      import('@nova/user/config'),
    ]);
    return createUserService(toConfig(readEnv(env)), overrides);
  },
  content: async (env, overrides) => {
    const [{ createContentService }, { readEnv, toConfig }] = await Promise.all([
      import('@nova/content'),
      import('@nova/content/config'),
    ]);
    return createContentService(toConfig(readEnv(env)), overrides);
  },
  social: async (env, overrides) => {
    const [{ createSocialService }, { readEnv, toConfig }] = await Promise.all([
      import('@nova/social'),
      import('@nova/social/config'),
    ]);
    return createSocialService(toConfig(readEnv(env)), overrides);
  },
  media: async (env, overrides) => {
    const [{ createMediaService }, { readEnv, toConfig }] = await Promise.all([
      import('@nova/media'),
      import('@nova/media/config'),
    ]);
    return createMediaService(toConfig(readEnv(env)), overrides);
  },
  communication: async (env, overrides) => {
    const [{ createCommunicationService }, { readEnv, toConfig }] = await Promise.all([
      import('@nova/communication'),
      import('@nova/communication/config'),
    ]);
    return createCommunicationService(toConfig(readEnv(env)), overrides);
  },
  search: async (env, overrides) => {
    const [{ createSearchService }, { readEnv, toConfig }] = await Promise.all([
      import('@nova/search'),
      import('@nova/search/config'),
    ]);
    return createSearchService(toConfig(readEnv(env)), overrides);
  },
  events: async (env, overrides) => {
    const [{ createEventsService }, { readEnv, toConfig }] = await Promise.all([
      import('@nova/events-domain'),
      import('@nova/events-domain/config'),
    ]);
    return createEventsService(toConfig(readEnv(env)), overrides);
  },
} satisfies Record<string, (env: Env, overrides: ServiceOverrides) => Promise<RunningService>>;

type Env = Readonly<Record<string, string>>;
export type SubgraphName = keyof typeof starters;
type Domain = SubgraphName;
const domains = Object.keys(starters) as Domain[];

export type TestSubgraphs<D extends Domain = Domain> = {
  readonly [Started in D]: Awaited<ReturnType<(typeof starters)[Started]>>;
} & {
  readonly database: TestDatabase;
  readonly keys: TestKeys;
  /** Where media keeps objects, unless `env` says otherwise. */
  readonly mediaDirectory: string;
  stop(): Promise<void>;
};

const freePorts = { GRAPHQL_PORT: '0', ADMIN_PORT: '0' };

export type SubgraphsOptions = {
  readonly env?: Readonly<Record<string, string>>;
  /** Default: they answer, but neither relay nor consume events, which would change what a test looks at meanwhile. */
  readonly roles?: readonly Role[];
};

/** Every subgraph, or the named ones, in this process, on free ports, over a database of their own. */
export async function startSubgraphs<D extends Domain = Domain>(
  options: SubgraphsOptions & { readonly domains?: readonly D[] } = {},
): Promise<TestSubgraphs<D>> {
  const stack = new StopStack();
  try {
    return (await start(stack, options, options.domains ?? domains)) as TestSubgraphs<D>;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

async function start(stack: StopStack, options: SubgraphsOptions, wanted: readonly Domain[]) {
  const database = await createTestDatabase();
  stack.add('database', database.drop);
  const keys = createTestKeys();
  stack.add('keys', keys.remove);
  const mediaDirectory = mkdtempSync(join(tmpdir(), 'nova-media-'));
  stack.add('media directory', () => rmSync(mediaDirectory, { recursive: true, force: true }));
  const log = createLogger({ service: 'test', level: process.env.TEST_LOG_LEVEL === 'error' ? 'error' : 'silent' });
  // Some ask each other, so that all addresses are known before the first one starts.
  const grpcPorts = new Map<string, string>();
  for (const domain of domains) grpcPorts.set(domain, String(await freeFixedPort()));
  const peers = Object.fromEntries(
    domains.map((domain) => [`${domain.toUpperCase()}_GRPC_URL`, `127.0.0.1:${grpcPorts.get(domain)}`]),
  );
  const env = (domain: Domain) => ({
    APP_ENV: 'test',
    ...freePorts,
    GRPC_PORT: grpcPorts.get(domain) ?? '0',
    DATABASE_URL: database.urlFor(domain),
    DATABASE_POOL_MAX: '5',
    IDENTITY_PUBLIC_KEY_FILE: keys.identityPublicKeyFile,
    SERVICE_KEY_FILE: keys.serviceKeyFile,
    ACCESS_TOKEN_KEY_FILE: keys.accessTokenKeyFile,
    MEDIA_SIGNING_KEY_FILE: keys.mediaSigningKeyFile,
    STREAM_CALLBACK_KEY_FILE: keys.streamCallbackKeyFile,
    MEDIA_DIRECTORY: mediaDirectory,
    SECOND_FACTOR_KEY_FILE: keys.secondFactorKeyFile,
    // The cheapest argon2id: its cost is not under test, its use is.
    PASSWORD_MEMORY_KIB: '64',
    PASSWORD_PASSES: '1',
    ...peers,
    ...options.env,
  });
  const overrides = { log, roles: new Set(options.roles ?? (['graphql', 'grpc'] as const)) };
  const started: { [D in Domain]?: RunningService } = {};
  for (const domain of wanted) {
    const service = await starters[domain](env(domain), overrides);
    stack.add(domain, service.stop);
    started[domain] = service;
  }
  return { ...started, database, keys, mediaDirectory, stop: () => stack.stop() };
}
