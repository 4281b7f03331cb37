import { ConfigError, createLogger } from '@nova/runtime';
import { type Role, readRoles, roles } from '@nova/subgraph';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { createIdentityService } from '../src/service.ts';
import { type IdentityUnderTest, startIdentity } from './identity-under-test.ts';

let identity: IdentityUnderTest;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity?.stopAll());

function start(only: readonly Role[]) {
  const log = createLogger({ service: 'identity', level: 'silent' });
  return createIdentityService(toConfig(readEnv(identity.settings)), { log, roles: new Set(only) });
}

async function unpublished(): Promise<number> {
  const { rows } = await sql<{ rows: number }>`select count(*)::int as rows from outbox_events`.execute(identity.db);
  return rows[0]?.rows ?? 0;
}

test('a process has the roles it is given, and all of them when none is named', () => {
  expect(readRoles([])).toEqual(new Set(roles));
  expect(readRoles(['--roles', 'relay, graphql'])).toEqual(new Set(['relay', 'graphql']));
  expect(() => readRoles(['--roles', 'relay,cook'])).toThrow(ConfigError);
});

test('who answers need not relay, and who relays need not answer', async () => {
  await identity.newAccount();
  expect(await unpublished()).toBe(1);
  const relay = await start(['relay']);
  expect(relay).toMatchObject({ graphqlUrl: '', grpcAddress: '', jwksUrl: '', revokedSessionsUrl: '' });
  expect((await fetch(`${relay.adminUrl}/readyz`)).status).toBe(200);
  await expect.poll(unpublished).toBe(0);
  await relay.stop();
  await identity.newAccount();
  expect(await unpublished()).toBe(1);
});
