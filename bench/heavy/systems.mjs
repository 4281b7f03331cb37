import { spawn } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../machine.mjs';
import { forkReady, keep } from '../processes.mjs';
import { startRedis } from '../redis.mjs';
import { heavyDocument } from './documents.mjs';
import { composeSupergraph } from './federation/compose.mjs';
import { tokenIssuer } from './tokens.mjs';
import { untilAnswers } from './until-answers.mjs';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const hiveCommand = file('node_modules/@graphql-hive/gateway/dist/bin.js');
const production = {
  NODE_ENV: 'production',
  APOLLO_TELEMETRY_DISABLED: '1',
  // As `npm start` starts Nova's gateway. It spares all of them garbage collection.
  NODE_OPTIONS: '--max-semi-space-size=64',
};

/** In the order of the report. */
const starts = {
  plain: startPlain,
  nova: startNova,
  'nova-workers': startNovaWorkers,
  hive: (options) => startHive(options, {}),
  'hive-sharing': (options) => startHive(options, { SHARE_REQUESTS: '1' }),
  'hive-rr': (options) => startHive(options, { ROUTER_RUNTIME: '1' }),
  'hive-rr-sharing': (options) => startHive(options, { ROUTER_RUNTIME: '1', SHARE_REQUESTS: '1' }),
};
export const systemNames = Object.keys(starts);
/** Measured when asked for: it needs redis-server. */
export const onlyWhenNamed = ['nova-workers'];

export const titles = {
  plain: 'plain @apollo/gateway',
  nova: 'Nova, text',
  'nova-id': 'Nova, id',
  'nova-workers': 'Nova with two workers, text',
  hive: 'Hive Gateway',
  'hive-sharing': 'Hive Gateway, sharing equal requests',
  'hive-rr': 'Hive Gateway, router-runtime',
  'hive-rr-sharing': 'Hive Gateway, router-runtime, sharing equal requests',
};

/**
 * Starts the subgraphs and the systems named, each a process of its own over the same supergraph. Resolves with the
 * subgraphs' process and URL, `systems` as {pid, url} by name, Nova's metrics URL and `mint` for access tokens.
 */
export async function startSystems({ names, port, directory }) {
  const { jwk, mint } = tokenIssuer();
  const behind = `http://127.0.0.1:${port}`;
  const subgraphs = await forkReady(file('federation/server.mjs'), {
    env: { ...production, PORT: String(port), PUBLIC_JWK: JSON.stringify(jwk) },
  });
  const supergraph = join(directory, 'supergraph.graphql');
  writeFileSync(supergraph, composeSupergraph(behind));
  const systems = {};
  for (const name of names) {
    const ownPort = port + 10 + 2 * systemNames.indexOf(name);
    const url = `http://127.0.0.1:${ownPort}/graphql`;
    const child = await starts[name]({ port: ownPort, behind, supergraph, directory });
    await untilAnswers(child, { name, url });
    systems[name] = { pid: child.pid, url };
  }
  const metricsUrl = `http://127.0.0.1:${port + 10 + 2 * systemNames.indexOf('nova') + 1}/metrics`;
  return { subgraphs, subgraphsUrl: behind, systems, metricsUrl, mint };
}

/** The last settings are those without which the heavy query, or a moment in which the machine does something else, would be answered with a refusal. */
function startNova({ port, behind, supergraph, directory }, env = {}) {
  const identity = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(directory, 'identity.pem'), identity, { mode: 0o600 });
  writeFileSync(join(directory, 'manifest.json'), manifest());
  return forkReady(join(root, 'gateway/src/bin/server.ts'), {
    env: {
      ...production,
      APP_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      ADMIN_PORT: String(port + 1),
      SUPERGRAPH_FILE: supergraph,
      PERSISTED_MANIFEST_FILES: join(directory, 'manifest.json'),
      PERSISTED_POLICY: 'open',
      JWKS_URL: `${behind}/jwks`,
      REVOCATIONS_URL: `${behind}/revoked-sessions`,
      IDENTITY_PRIVATE_KEY_FILE: join(directory, 'identity.pem'),
      ENTITY_CACHE: 'off',
      RATE_LIMIT_USER: 'off',
      RATE_LIMIT_PUBLIC: 'off',
      MAX_COMPLEXITY: '30000',
      MAX_EVENT_LOOP_LAG_MS: '10000',
      ...env,
    },
  });
}

async function startNovaWorkers(options) {
  const redisPort = options.port - 100;
  await startRedis(redisPort, options.directory);
  return startNova(options, { WORKERS: '2', REDIS_URL: `redis://127.0.0.1:${redisPort}` });
}

function startPlain({ port, supergraph }) {
  return forkReady(file('plain-gateway.mjs'), {
    env: { ...production, PORT: String(port), SUPERGRAPH_FILE: supergraph },
  });
}

function startHive({ port, supergraph }, env) {
  const place = ['--port', String(port), '--host', '127.0.0.1', '--fork', '1'];
  const args = [hiveCommand, 'supergraph', supergraph, '--config-path', file('hive-config.mjs'), ...place];
  const child = spawn(process.execPath, args, {
    cwd: file('.'),
    env: { ...process.env, ...production, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  keep(child);
  return child;
}

/** How the heavy query is asked for by its id. */
export const heavyId = createHash('sha256').update(heavyDocument).digest('hex');

function manifest() {
  const operations = [{ id: heavyId, name: 'Heavy', type: 'query', body: heavyDocument }];
  return JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations });
}
