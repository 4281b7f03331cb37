import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { permissionsOf } from '../src/accounts/permission-policy.ts';
import { type IdentityUnderTest, password, startIdentity } from './identity-under-test.ts';

let identity: IdentityUnderTest;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity?.stopAll());

const program = fileURLToPath(new URL('../src/bin/set-roles.ts', import.meta.url));

/** Runs the operator's program; resolves with its exit code and what it printed. */
async function setRoles(...args: string[]): Promise<{ code: number; output: string }> {
  const env = { ...process.env, DATABASE_DIRECT_URL: identity.settings.DATABASE_URL };
  return promisify(execFile)(process.execPath, [program, ...args], { env, timeout: 30_000 }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    ({ code, stderr }) => ({ code, output: stderr }),
  );
}

const permissionsIn = (accessToken: string) => decodeJwt<{ permissions: string[] }>(accessToken).permissions;
const ofEverybody = ['write:posts', 'write:profile', 'write:relations'];
const ofModerators = ['delete:post', 'delete:comment'];
const ofOperators = [
  'read:accounts',
  'write:accounts',
  'grant:permissions',
  'read:erasures',
  'reindex:search',
  'read:events',
  'replay:events',
];
const all = [...ofEverybody, ...ofModerators, ...ofOperators];

test.each([
  ['moderator', ['moderator'], [...ofEverybody, ...ofModerators]],
  ['admin', ['admin'], all],
  ['operator', ['operator'], [...ofEverybody, ...ofOperators]],
  ['operator and moderator', ['operator', 'moderator'], all],
  ['nothing but a user', [], ofEverybody],
])('who is %s has the permissions of that from the next refresh and sign-in on', async (_name, roles, permissions) => {
  const { account, accessToken, refreshToken } = await identity.newAccount();
  const inToken = (token: string) => all.filter((permission) => permissionsIn(token).includes(permission));
  expect(inToken(accessToken)).toEqual(ofEverybody);
  expect(await setRoles(account.username.toUpperCase(), ...roles)).toMatchObject({ code: 0 });
  const refreshed = await identity.refresh({ refreshToken });
  expect(inToken(refreshed.data.refreshSession.accessToken)).toEqual(permissions);
  const signedIn = await identity.login({ email: account.email, password });
  expect(inToken(signedIn.data.login.accessToken)).toEqual(permissions);
});

test('roles that are set replace those there were', async () => {
  const { account, refreshToken } = await identity.newAccount();
  await setRoles(account.username, 'admin', 'operator');
  expect((await setRoles(account.username)).output).toContain(`${account.username} is user from`);
  const refreshed = await identity.refresh({ refreshToken });
  expect(permissionsIn(refreshed.data.refreshSession.accessToken)).toEqual([...permissionsOf([])]);
});

test.each([
  [
    'a role that does not exist',
    ['nobody', 'queen'],
    'There is no role "queen"; there are moderator, admin, operator.',
  ],
  ['an account that does not exist', ['nobody', 'admin'], 'There is no account with the username "nobody".'],
  ['no account at all', [], 'set-roles.ts <username> [role ...]'],
])('%s is said in a sentence', async (_name, args, sentence) => {
  const { code, output } = await setRoles(...args);
  expect([code, output]).toEqual([1, expect.stringContaining(sentence)]);
  expect(output).not.toContain('    at ');
});
