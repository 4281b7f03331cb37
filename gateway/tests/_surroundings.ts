import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIdentityVerifier, type StopStack } from '@nova/runtime';
import { startTestIssuer, type TestIssuer } from './_access-tokens.ts';
import { worldDomains, worldSupergraph } from './_composed-supergraphs.ts';
import { startTestSubgraph, type TestSubgraph } from './_subgraphs.ts';

/** All that a gateway needs around it. */
export type Surroundings = {
  readonly directory: string;
  readonly issuer: TestIssuer;
  readonly subgraphs: Readonly<Record<(typeof worldDomains)[number], TestSubgraph>>;
  readonly supergraphFile: string;
  readonly manifestFile: string;
  /** Settings of a gateway in them. */
  readonly env: Readonly<Record<string, string>>;
};

/** One test sends more in a second than a client in a minute. */
const noRateLimits = {
  RATE_LIMIT_USER: 'off',
  RATE_LIMIT_PUBLIC: 'off',
  RATE_LIMIT_FIELDS: 'login=off',
};

/** Subgraph servers and an issuer of tokens in this process, and a gateway's files in a directory of its own. */
export async function startSurroundings(stack: StopStack, manifest: string): Promise<Surroundings> {
  const directory = await mkdtemp(join(tmpdir(), 'nova-gateway-'));
  stack.add('directory', () => rm(directory, { recursive: true, force: true }));
  const keys = generateKeyPairSync('ed25519');
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const issuer = await startTestIssuer();
  stack.add('issuer', () => issuer.stop());
  const started = await Promise.all(
    worldDomains.map(async (name) => [name, await startTestSubgraph(name, createIdentityVerifier(publicKey))] as const),
  );
  for (const [name, subgraph] of started) stack.add(name, () => subgraph.kill());
  const file = (name: string) => join(directory, name);
  await writeFile(file('identity.pem'), keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeFile(file('supergraph.graphql'), worldSupergraph());
  await writeFile(file('manifest.json'), manifest);
  return {
    directory,
    issuer,
    subgraphs: Object.fromEntries(started) as Surroundings['subgraphs'],
    supergraphFile: file('supergraph.graphql'),
    manifestFile: file('manifest.json'),
    env: {
      APP_ENV: 'test',
      PORT: '0',
      ADMIN_PORT: '0',
      FILE_POLL_MS: '20',
      SUPERGRAPH_FILE: file('supergraph.graphql'),
      PERSISTED_MANIFEST_FILES: file('manifest.json'),
      IDENTITY_PRIVATE_KEY_FILE: file('identity.pem'),
      JWKS_URL: issuer.jwksUrl,
      REVOCATIONS_URL: issuer.revocationsUrl,
      ENTITY_CACHE: 'off',
      SUBGRAPH_URLS: started.map(([name, { url }]) => `${name}=${url}`).join(','),
      // Each opens the supergraph for itself.
      PLAN_THREADS: '1',
      // A busy machine is slow, not wrong.
      MAX_EVENT_LOOP_LAG_MS: '600000',
      ...noRateLimits,
    },
  };
}
