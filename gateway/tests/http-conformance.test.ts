import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './_world.ts';

let world: World;
beforeAll(async () => {
  // The audit asks for types by introspection.
  world = await startWorld({ APP_ENV: 'development' });
});
afterAll(() => world.stop());

/**
 * Where GraphQL over HTTP allows either and the audit would like the other: a document that cannot be run is refused with a 4xx
 * also under application/json, as Apollo Server does.
 */
const accepted = new Set(['572B', 'FDE2', '7B9B']);

test.for(serverAudits({ url: () => `${world.gateway.url}/graphql`, fetchFn: withPreflight }))(
  'GraphQL over HTTP, $id: $name',
  async (audit) => {
    const result = await audit.fn();
    const isWarned = result.status === 'warn' && !accepted.has(audit.id);
    expect(isWarned || result.status === 'error' ? `${result.status}: ${result.reason}` : 'ok').toBe('ok');
  },
);

/** A GET is served with the header that browsers cannot send across sites without asking. */
function withPreflight(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url, { ...init, headers: { 'apollo-require-preflight': 'true', ...init.headers } });
}
