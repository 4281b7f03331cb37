import { generateKeyPairSync } from 'node:crypto';
import {
  anonymous,
  createIdentitySigner,
  createIdentityVerifier,
  createLogger,
  createMetrics,
  headerNames,
} from '@nova/runtime';
import { expect, test } from 'vitest';
import { startSubgraphServer } from '../src/index.ts';

test('what a resolver did not throw on purpose is masked, and logged with the correlation id of its request', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const sign = createIdentitySigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const lines: Array<Record<string, unknown>> = [];
  const server = await startSubgraphServer({
    name: 'content',
    host: '127.0.0.1',
    port: 0,
    resolvers: {
      Query: {
        post() {
          throw new Error('10.0.0.7 is on fire');
        },
      },
    },
    createContext: (request) => request,
    verifyIdentity: createIdentityVerifier(publicKey.export({ type: 'spki', format: 'pem' }).toString()),
    log: createLogger({ service: 'test', destination: { write: (line) => lines.push(JSON.parse(line)) } }),
    metrics: createMetrics('test'),
  });
  try {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [headerNames.identity]: await sign(anonymous),
        [headerNames.correlationId]: 'correlation-1',
      },
      body: JSON.stringify({ query: '{ post(id: "1") { id } }' }),
    });
    const text = await response.text();
    expect(JSON.parse(text).errors[0].extensions).toEqual({ code: 'INTERNAL_ERROR', retryable: false });
    expect(text).not.toContain('10.0.0.7');
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        correlationId: 'correlation-1',
        err: expect.objectContaining({ message: '10.0.0.7 is on fire' }),
      }),
    );
  } finally {
    await server.stop();
  }
});
