import { fileURLToPath } from 'node:url';
import type { Gateway } from '@nova/gateway';
import { createLogger, StopStack } from '@nova/runtime';
import { subgraphNames, supergraphFile } from '@nova/schema';
import { type SubgraphName, type SubgraphsOptions, startSubgraphs, type TestSubgraphs } from './subgraphs.ts';

export type TestFederation = {
  readonly gateway: Gateway;
  readonly subgraphs: TestSubgraphs;
  /** The gateway's /graphql. */
  readonly url: string;
  /** Settings of the gateway, to start others in front of the same subgraphs. */
  readonly gatewayEnv: Readonly<Record<string, string>>;
  stop(): Promise<void>;
};

const manifestFile = new URL('../../../persisted-queries/manifest.json', import.meta.url);

/** The gateway in front of every subgraph, all in this process, with the committed supergraph and manifest. */
export async function startFederation(
  options: Pick<SubgraphsOptions, 'roles'> & {
    /** Of the gateway. */
    env?: Readonly<Record<string, string>>;
    subgraphEnv?: Readonly<Record<string, string>>;
  } = {},
): Promise<TestFederation> {
  const stack = new StopStack();
  try {
    const subgraphs = await startSubgraphs({ roles: options.roles, env: options.subgraphEnv });
    stack.add('subgraphs', subgraphs.stop);
    const { identity, keys } = subgraphs;
    const env = {
      APP_ENV: 'test',
      PORT: '0',
      ADMIN_PORT: '0',
      SUPERGRAPH_FILE: fileURLToPath(supergraphFile),
      PERSISTED_MANIFEST_FILES: fileURLToPath(manifestFile),
      // A busy machine is slow, not wrong.
      MAX_EVENT_LOOP_LAG_MS: '600000',
      ENTITY_CACHE: 'off',
      SUBGRAPH_URLS: subgraphNames()
        .map((name) => `${name}=${subgraphs[name as SubgraphName].graphqlUrl}`)
        .join(','),
      JWKS_URL: identity.jwksUrl,
      REVOCATIONS_URL: identity.revokedSessionsUrl,
      IDENTITY_PRIVATE_KEY_FILE: keys.identityPrivateKeyFile,
      ...options.env,
    };
    const log = createLogger({ service: 'test', level: 'silent' });
    // Loaded when it is started: most tests of the kit have none.
    const [{ createGateway }, { readEnv, toConfig }] = await Promise.all([
      import('@nova/gateway'),
      import('@nova/gateway/config'),
    ]);
    const gateway = await createGateway(toConfig(readEnv(env)), { log });
    stack.add('gateway', () => gateway.stop());
    return { gateway, subgraphs, url: `${gateway.url}/graphql`, gatewayEnv: env, stop: () => stack.stop() };
  } catch (error) {
    await stack.stop();
    throw error;
  }
}
