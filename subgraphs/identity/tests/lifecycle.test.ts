import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { createIdentityService } from '../src/service.ts';
import { codesOf, type IdentityUnderTest, password, startIdentity } from './identity-under-test.ts';

let identity: IdentityUnderTest;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity?.stopAll());

const program = (name: string) => new URL(`../src/bin/${name}.ts`, import.meta.url).pathname;

test('a running service is alive and ready', async () => {
  for (const page of ['livez', 'readyz']) {
    expect((await fetch(`${identity.adminUrl}/${page}`)).status).toBe(200);
  }
});

test('a service may be stopped twice, and then listens no more', async () => {
  const service = await createIdentityService(toConfig(readEnv({ ...identity.settings, LOG_LEVEL: 'silent' })));
  await Promise.all([service.stop(), service.stop()]);
  await service.stop();
  for (const url of [service.graphqlUrl, service.adminUrl]) await expect(fetch(url)).rejects.toThrow();
});

test('a service that cannot start leaves nothing running', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  const taken = typeof address === 'object' && address ? address.port : 0;
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const free = (probe.address() as { port: number }).port;
  probe.close();
  await once(probe, 'close');
  const settings = {
    ...identity.settings,
    LOG_LEVEL: 'silent',
    ADMIN_PORT: String(free),
    GRAPHQL_PORT: String(taken),
  };
  await expect(createIdentityService(toConfig(readEnv(settings)))).rejects.toThrow(/EADDRINUSE/);
  holder.close();
  const again = createServer().listen(free, '127.0.0.1');
  await once(again, 'listening');
  again.close();
});

test('logs hold no email, no password and no token', async () => {
  const { account, refreshToken, accessToken } = await identity.newAccount();
  for (let attempt = 1; attempt <= 6; attempt += 1) await identity.login({ email: account.email, password: 'x' });
  const renewed = (await identity.refresh({ refreshToken })).data.refreshSession;
  await identity.refresh({ refreshToken });
  await identity.register({ email: account.email, username: 'someone', password });
  await identity.logout({ refreshToken });
  await sql`alter table accounts add constraint refused check (false) not valid`.execute(identity.db);
  expect(codesOf(await identity.register({ email: 'eve@example.com', username: 'eve', password }))).toEqual([
    'INTERNAL_ERROR',
  ]);
  const text = identity.logLines.join('');
  expect(text).toContain(account.id);
  expect(text).toContain('"constraint":"refused"');
  for (const secret of [
    'eve@example.com',
    '$argon2id',
    account.email,
    password,
    refreshToken,
    renewed.refreshToken,
    accessToken,
  ]) {
    expect(text).not.toContain(secret);
  }
});

test('the programs migrate, say when they are ready and stop on request', async () => {
  const env = { ...identity.settings, DATABASE_DIRECT_URL: identity.settings.DATABASE_URL, LOG_LEVEL: 'warn' };
  const migrate = fork(program('migrate'), { env, stdio: 'ignore' });
  expect(await once(migrate, 'exit')).toEqual([0, null]);
  const main = fork(program('main'), { env, stdio: 'ignore' });
  const exited = once(main, 'exit');
  const [message] = await Promise.race([once(main, 'message'), exited]);
  expect(message).toEqual({ type: 'ready' });
  main.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

test('a program without its settings names them all and exits with 1', async () => {
  const main = fork(program('main'), { env: {}, stdio: ['ignore', 'pipe', 'ignore', 'ipc'] });
  let output = '';
  main.stdout?.on('data', (chunk) => {
    output += String(chunk);
  });
  expect(await once(main, 'close')).toEqual([1, null]);
  for (const name of ['DATABASE_URL', 'IDENTITY_PUBLIC_KEY_FILE', 'SERVICE_KEY_FILE', 'ACCESS_TOKEN_KEY_FILE']) {
    expect(output).toContain(name);
  }
});
