import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createTestAuthority, type TestCertificate } from '@nova/testkit';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { ada, query, startFaultWorld } from './_fault-world.ts';

const authority = createTestAuthority();
beforeAll(() => setDefaultCACertificates([...getCACertificates('default'), authority.cert]));

/** A gateway that reaches the user subgraph by TLS, as localhost. */
async function startWithTls(certificate: TestCertificate) {
  let requests = 0;
  const server = createServer(certificate, (_request, response) => {
    requests += 1;
    response.end(JSON.stringify({ data: { user: ada } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const world = await startFaultWorld({ reroute: async () => ({ user: `https://localhost:${port}/graphql` }) });
  return { world, requests: () => requests };
}

test('a subgraph that proves its name is called by TLS', async () => {
  const { world, requests } = await startWithTls(authority.issue({ host: 'localhost', days: 1 }));
  expect((await world.post({ query })).body.data.user).toEqual(ada);
  expect(requests()).toBe(1);
});

const stranger = createTestAuthority();

test.each([
  {
    what: 'has the certificate of another host',
    certificate: authority.issue({ host: 'elsewhere.test', days: 1 }),
    cause: 'ERR_TLS_CERT_ALTNAME_INVALID',
  },
  {
    what: 'has an expired certificate',
    certificate: authority.issue({ host: 'localhost', days: -1 }),
    cause: 'CERT_HAS_EXPIRED',
  },
  {
    what: 'has a certificate of an unknown authority',
    certificate: stranger.issue({ host: 'localhost', days: 1 }),
    cause: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  },
])('a subgraph that $what is sent nothing, and costs its own fields', async ({ certificate, cause }) => {
  const { world, requests } = await startWithTls(certificate);
  const { status, body, refusal } = await world.post({ query });
  expect([status, body.data.posts.nodes.length, body.data.user]).toEqual([200, 2, null]);
  expect(refusal).toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE', service: 'user' });
  expect(requests()).toBe(0);
  expect(world.logLines).toContainEqual(expect.objectContaining({ err: expect.objectContaining({ code: cause }) }));
  expect(await world.series('circuit_breaker_failures_total', { subgraph: 'user' })).toBe(1);
});
