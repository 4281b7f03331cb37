import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommunicationService } from '@nova/communication';
import { readEnv as readCommunicationEnv, toConfig as toCommunicationConfig } from '@nova/communication/config';
import { createContentService } from '@nova/content';
import { readEnv as readContentEnv, toConfig as toContentConfig } from '@nova/content/config';
import { createEventsService } from '@nova/events-domain';
import { readEnv as readEventsEnv, toConfig as toEventsConfig } from '@nova/events-domain/config';
import { createIdentityService } from '@nova/identity';
import { readEnv as readIdentityEnv, toConfig as toIdentityConfig } from '@nova/identity/config';
import { createMediaService } from '@nova/media';
import { readEnv as readMediaEnv, toConfig as toMediaConfig } from '@nova/media/config';
import { createLogger, StopStack } from '@nova/runtime';
import { createSearchService } from '@nova/search';
import { readEnv as readSearchEnv, toConfig as toSearchConfig } from '@nova/search/config';
import { createSocialService } from '@nova/social';
import { readEnv as readSocialEnv, toConfig as toSocialConfig } from '@nova/social/config';
import type { Role, RunningService, ServiceOverrides } from '@nova/subgraph';
import { createUserService } from '@nova/user';
import { readEnv as readUserEnv, toConfig as toUserConfig } from '@nova/user/config';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { freeFixedPort } from './fixed-port.ts';
import { createTestKeys, type TestKeys } from './identities.ts';

const starters = {
  identity: (env, overrides) => createIdentityService(toIdentityConfig(readIdentityEnv(env)), overrides),
  user: (env, overrides) => createUserService(toUserConfig(readUserEnv(env)), overrides),
  content: (env, overrides) => createContentService(toContentConfig(readContentEnv(env)), overrides),
  social: (env, overrides) => createSocialService(toSocialConfig(readSocialEnv(env)), overrides),
  media: (env, overrides) => createMediaService(toMediaConfig(readMediaEnv(env)), overrides),
  communication: (env, overrides) =>
    createCommunicationService(toCommunicationConfig(readCommunicationEnv(env)), overrides),
  search: (env, overrides) => createSearchService(toSearchConfig(readSearchEnv(env)), overrides),
  events: (env, overrides) => createEventsService(toEventsConfig(readEventsEnv(env)), overrides),
} satisfies Record<string, (env: Env, overrides: ServiceOverrides) => Promise<RunningService>>;

type Env = Readonly<Record<string, string>>;
export type SubgraphName = keyof typeof starters;
type Domain = SubgraphName;
const domains = Object.keys(starters) as Domain[];

export type TestSubgraphs = { readonly [D in Domain]: Awaited<ReturnType<(typeof starters)[D]>> } & {
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
  const start = async <D extends Domain>(domain: D): Promise<TestSubgraphs[D]> => {
    const service = await starters[domain](env(domain), overrides);
    stack.add(domain, service.stop);
    return service as TestSubgraphs[D];
  };
  return {
    database,
    keys,
    mediaDirectory,
    identity: await start('identity'),
    user: await start('user'),
    content: await start('content'),
    social: await start('social'),
    media: await start('media'),
    communication: await start('communication'),
    search: await start('search'),
    events: await start('events'),
    stop: () => stack.stop(),
  };
}
