import { randomUUID } from 'node:crypto';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { anonymous, type Identity } from '@nova/runtime';
import { statementsDuring, userIdentity } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type IdentityUnderTest, startIdentity, uniqueUsername } from './identity-under-test.ts';

let identity: IdentityUnderTest;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity?.stopAll());

const operator = userIdentity(randomUUID(), ['read:accounts', 'write:accounts']);

const getUser = (id: string, as?: Identity) => identity.call((client, options) => client.getUser({ id }, options), as);
const getUserByEmail = (email: string, as: Identity) =>
  identity.call((client, options) => client.getUserByEmail({ email }, options), as);
const listUsers = (limit: number, offset: number, as: Identity = operator) =>
  identity.call((client, options) => client.listUsers({ limit, offset }, options), as);
const exists = (id: string) => identity.call((client, options) => client.checkUserExists({ id }, options));
const verify = (token: string) => identity.call((client, options) => client.verifyToken({ token }, options));
const recordFailedLogin = (userId: string, as: Identity = operator) =>
  identity.call((client, options) => client.recordFailedLogin({ userId }, options), as);

async function deleteAccount(id: string) {
  await sql`update accounts set deleted_at = now(), deleted_by = id where id = ${id}`.execute(identity.db);
}

test('email, failed sign-ins and lock are for callers who may read accounts, and for nobody else', async () => {
  const { account } = await identity.newAccount();
  await recordFailedLogin(account.id);
  const seen = await Promise.all([
    getUser(account.id, operator).then(({ user }) => user),
    getUserByEmail(account.email.toUpperCase(), operator).then(({ user }) => user),
    listUsers(1, 0).then(({ users: [user] }) => user),
    identity
      .call((client, options) => client.getUsersByIds({ ids: [account.id] }, options), operator)
      .then((a) => a.users[0]),
  ]);
  for (const user of seen) {
    expect(user).toMatchObject({ id: account.id, email: account.email, failedLoginAttempts: 1 });
    expect(user?.lockedUntil).toBeUndefined();
  }
  for (const as of [anonymous, userIdentity(account.id), userIdentity(randomUUID(), ['write:accounts'])]) {
    const { user } = await getUser(account.id, as);
    expect(Object.keys(user ?? {}).sort()).toEqual(['$typeName', 'createdAt', 'id', 'isActive', 'username']);
  }
});

test("an email that is nobody's, or was, is an answer", async () => {
  expect(await getUserByEmail(`${uniqueUsername()}@example.com`, operator)).toMatchObject({ found: false });
  const { account } = await identity.newAccount();
  expect(await getUserByEmail(account.email, operator)).toMatchObject({ found: true });
  await deleteAccount(account.id);
  expect(await getUserByEmail(account.email, operator)).toMatchObject({ found: false });
});

test('accounts are listed newest first, by limit and offset, with how many there are', async () => {
  const before = (await listUsers(1, 0)).totalCount;
  const made: string[] = [];
  for (let number = 1; number <= 4; number += 1) made.unshift((await identity.newAccount()).account.id);
  const [newest, ...others] = made;
  const ids = async (limit: number, offset: number) => (await listUsers(limit, offset)).users.map(({ id }) => id);
  expect(await ids(2, 0)).toEqual([newest, others[0]]);
  expect(await ids(2, 2)).toEqual(others.slice(1));
  expect(await listUsers(100, 1_000_000)).toMatchObject({ users: [], totalCount: before + 4n });
  await deleteAccount(newest ?? '');
  expect(await ids(1, 0)).toEqual([others[0]]);
  expect((await listUsers(1, 0)).totalCount).toBe(before + 3n);
});

test.each([10, 50])('a page of %d accounts costs two statements', async (count) => {
  const rows = Array.from({ length: count }, uniqueUsername).map((username) => ({
    username,
    email: `${username}@example.com`,
    password_hash: null,
  }));
  await identity.db.insertInto('accounts').values(rows).execute();
  const statements = await statementsDuring(async () => {
    expect((await listUsers(count, 0)).users).toHaveLength(count);
  });
  expect(statements).toHaveLength(2);
});

test('an account exists until it is deleted', async () => {
  const { account } = await identity.newAccount();
  expect(await exists(account.id)).toMatchObject({ exists: true });
  await deleteAccount(account.id);
  expect(await exists(account.id)).toMatchObject({ exists: false });
  expect(await exists(randomUUID())).toMatchObject({ exists: false });
});

test('a token is valid for as long as its session and its account are, whatever it says itself', async () => {
  const { account, accessToken, refreshToken } = await identity.newAccount();
  const valid = { valid: true, userId: account.id, email: account.email, error: '' };
  expect(await verify(accessToken)).toMatchObject(valid);
  await identity.db.updateTable('accounts').set({ is_active: false }).where('id', '=', account.id).execute();
  expect(await verify(accessToken)).toMatchObject({ valid: false, userId: '', email: '', error: 'ACCOUNT_INACTIVE' });
  await identity.db.updateTable('accounts').set({ is_active: true }).where('id', '=', account.id).execute();
  expect(await verify(accessToken)).toMatchObject(valid);
  await identity.logout({ refreshToken });
  expect(await verify(accessToken)).toMatchObject({ valid: false, error: 'ACCESS_TOKEN_REVOKED' });
});

test("a token that is broken, unsigned or somebody else's work is not valid", async () => {
  const { accessToken } = await identity.newAccount();
  const [header, payload, signature] = accessToken.split('.') as [string, string, string];
  const unsigned = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url');
  const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
  for (const token of ['x', `${unsigned}.${payload}.`, `${header}.${payload}.${flipped}`])
    expect(await verify(token)).toMatchObject({ valid: false, userId: '', error: 'ACCESS_TOKEN_INVALID' });
});

test('50 failures recorded at the same time count 50 and lock the account once', async () => {
  const { account } = await identity.newAccount();
  const locks = 'identity_account_locks_total';
  const before = await identity.metric(locks);
  const answers = await Promise.all(Array.from({ length: 50 }, () => recordFailedLogin(account.id)));
  const counts = answers.map(({ failedLoginAttempts }) => failedLoginAttempts).sort((a, b) => a - b);
  expect(counts).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  expect(answers.filter(({ lockedUntil }) => lockedUntil).length).toBe(46);
  expect(await identity.metric(locks)).toBe(before + 1);
  const until = answers.flatMap(({ lockedUntil }) => (lockedUntil ? [timestampDate(lockedUntil).getTime()] : []));
  expect(new Set(until).size).toBe(1);
  const { user } = await getUser(account.id, operator);
  expect(user?.failedLoginAttempts).toBe(50);
  expect(user?.lockedUntil && timestampDate(user.lockedUntil).getTime()).toBe(until[0]);
});

test("a failure of nobody's account is NOT_FOUND", async () => {
  const { account } = await identity.newAccount();
  await deleteAccount(account.id);
  for (const id of [randomUUID(), account.id])
    await expect(recordFailedLogin(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test("methods that read or change others' accounts are refused without their permission", async () => {
  const { account } = await identity.newAccount();
  const reader = userIdentity(randomUUID(), ['read:accounts']);
  const writer = userIdentity(randomUUID(), ['write:accounts']);
  const refusals = [
    [() => getUserByEmail(account.email, writer), 'read:accounts'],
    [() => listUsers(1, 0, writer), 'read:accounts'],
    [() => recordFailedLogin(account.id, reader), 'write:accounts'],
  ] as const;
  for (const [send, scope] of refusals)
    await expect(send()).rejects.toMatchObject({ code: 'FORBIDDEN', details: { scopes: [scope] } });
  await expect(listUsers(1, 0, anonymous)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('a request that breaks the rules of its fields is refused with the names of the fields', async () => {
  const check = (userId: string, permission: string) =>
    identity.call((client, options) => client.checkPermission({ userId, permission }, options), operator);
  const refusals = [
    [() => listUsers(0, 0), 'limit'],
    [() => listUsers(101, 0), 'limit'],
    [() => listUsers(1, -1), 'offset'],
    [() => getUserByEmail('nobody', operator), 'email'],
    [() => getUserByEmail(`${'a'.repeat(250)}@b.cd`, operator), 'email'],
    [() => exists('no uuid'), 'id'],
    [() => verify(''), 'token'],
    [() => verify('x'.repeat(8_193)), 'token'],
    [() => check('no uuid', 'delete:post'), 'user_id'],
    [() => check(randomUUID(), 'Delete everything'), 'permission'],
    [() => identity.call((client, options) => client.getUserPermissions({ userId: '' }, options), operator), 'user_id'],
    [() => recordFailedLogin(''), 'user_id'],
  ] as const;
  for (const [send, field] of refusals)
    await expect(send()).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { fields: [expect.stringMatching(new RegExp(`^${field}: `))] },
    });
});
