import { statementsDuring } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codesOf, type IdentityUnderTest, password, startIdentity, uniqueUsername } from './identity-under-test.ts';

let identity: IdentityUnderTest;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity?.stopAll());

const matched = 'identity_password_work_total{kind="match"}';

function fail(email: string) {
  return identity.login({ email, password: 'a wrong password' });
}

async function failures(accountId: string) {
  return identity.db
    .selectFrom('accounts')
    .select(['failed_login_attempts as count', 'locked_until as lockedUntil'])
    .where('id', '=', accountId)
    .executeTakeFirstOrThrow();
}

async function lockedAccount() {
  const { account } = await identity.newAccount();
  for (let attempt = 1; attempt <= 5; attempt += 1) await fail(account.email);
  return account;
}

async function letLockPass(accountId: string) {
  await sql`update accounts set locked_until = now() - interval '1 second' where id = ${accountId}`.execute(
    identity.db,
  );
}

test('the right password signs in, however the email is written', async () => {
  const { account } = await identity.newAccount();
  const answer = await identity.login({ email: account.email.toUpperCase(), password });
  expect(answer.errors).toEqual([]);
  expect(answer.data.login.account.id).toBe(account.id);
});

test('a password is the same password on every keyboard', async () => {
  const username = uniqueUsername();
  const email = `${username}@example.com`;
  await identity.register({ email, username, password: 'caf\u00e9 cr\u00e8me caf\u00e9' });
  expect((await identity.login({ email, password: 'cafe\u0301 cre\u0300me cafe\u0301' })).errors).toEqual([]);
});

test('an unknown email and a wrong password get the same answer after the same work', async () => {
  const { account } = await identity.newAccount();
  const observed = [];
  for (const email of [account.email, `${uniqueUsername()}@example.com`]) {
    const before = await identity.metric(matched);
    let answer: unknown;
    const statements = await statementsDuring(async () => {
      answer = await fail(email);
    });
    observed.push({ answer, statements, work: (await identity.metric(matched)) - before });
  }
  expect(observed[1]).toEqual(observed[0]);
  expect(observed[0]).toMatchObject({ work: 1, answer: { errors: [{ extensions: { code: 'INVALID_CREDENTIALS' } }] } });
});

test('an account without a password cannot be signed in to, and looks like any other', async () => {
  const username = uniqueUsername();
  const email = `${username}@example.com`;
  await identity.db.insertInto('accounts').values({ email, username, password_hash: null }).execute();
  const before = await identity.metric(matched);
  expect(codesOf(await identity.login({ email, password: '' }))).toEqual(['INVALID_CREDENTIALS']);
  expect(codesOf(await identity.login({ email, password }))).toEqual(['INVALID_CREDENTIALS']);
  expect(await identity.metric(matched)).toBe(before + 2);
});

test('only who knows the password learns that an account is suspended', async () => {
  const { account } = await identity.newAccount();
  await identity.db.updateTable('accounts').set({ is_active: false }).where('id', '=', account.id).execute();
  expect(codesOf(await fail(account.email))).toEqual(['INVALID_CREDENTIALS']);
  expect(codesOf(await identity.login({ email: account.email, password }))).toEqual(['ACCOUNT_INACTIVE']);
});

test('a deleted account is an unknown one, and its email is free again', async () => {
  const { account } = await identity.newAccount();
  await identity.db
    .updateTable('accounts')
    .set({ deleted_at: sql`now()`, deleted_by: account.id })
    .where('id', '=', account.id)
    .execute();
  expect(codesOf(await identity.login({ email: account.email, password }))).toEqual(['INVALID_CREDENTIALS']);
  const successor = { email: account.email, username: account.username, password };
  expect((await identity.register(successor)).errors).toEqual([]);
});

test('a text too long for a password is refused before any work', async () => {
  const { account } = await identity.newAccount();
  const before = await identity.metric(matched);
  const answer = await identity.login({ email: account.email, password: 'x'.repeat(1_000_000) });
  expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: 'password' } }]);
  expect(await identity.metric(matched)).toBe(before);
  expect((await failures(account.id)).count).toBe(0);
});

test('the fifth failure locks the account for 15 minutes and says until when', async () => {
  const { account } = await identity.newAccount();
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    expect(codesOf(await fail(account.email))).toEqual(['INVALID_CREDENTIALS']);
  }
  const [error] = (await fail(account.email)).errors;
  const { lockedUntil } = await failures(account.id);
  expect(error?.extensions).toEqual({
    code: 'ACCOUNT_LOCKED',
    retryable: true,
    lockedUntil: lockedUntil?.toISOString(),
    retryAfterSeconds: 900,
  });
});

test('while an account is locked even the right password is refused, unlooked at, and counted', async () => {
  const account = await lockedAccount();
  const before = { ...(await failures(account.id)), work: await identity.metric(matched) };
  const answer = await identity.login({ email: account.email, password });
  expect(codesOf(answer)).toEqual(['ACCOUNT_LOCKED']);
  expect(answer.errors[0]?.extensions.lockedUntil).toBe(before.lockedUntil?.toISOString());
  expect({ ...(await failures(account.id)), work: await identity.metric(matched) }).toEqual({
    ...before,
    count: before.count + 1,
  });
});

test('after the lock has passed, failures count from one again', async () => {
  const account = await lockedAccount();
  await letLockPass(account.id);
  expect(codesOf(await fail(account.email))).toEqual(['INVALID_CREDENTIALS']);
  expect(await failures(account.id)).toEqual({ count: 1, lockedUntil: null });
});

test('after the lock has passed, the right password signs in', async () => {
  const account = await lockedAccount();
  await letLockPass(account.id);
  expect((await identity.login({ email: account.email, password })).errors).toEqual([]);
  expect(await failures(account.id)).toEqual({ count: 0, lockedUntil: null });
});

test('a sign-in forgets the failures before it', async () => {
  const { account } = await identity.newAccount();
  for (let round = 1; round <= 3; round += 1) {
    for (let attempt = 1; attempt <= 4; attempt += 1) await fail(account.email);
    expect((await identity.login({ email: account.email, password })).errors).toEqual([]);
  }
  expect(await failures(account.id)).toEqual({ count: 0, lockedUntil: null });
});

test('50 failures at the same time count 50 and lock once', async () => {
  const { account } = await identity.newAccount();
  const locks = 'identity_account_locks_total';
  const locksBefore = await identity.metric(locks);
  const answers = await Promise.all(Array.from({ length: 50 }, () => fail(account.email)));
  const codes = answers.flatMap(codesOf);
  expect(codes.filter((code) => code === 'INVALID_CREDENTIALS')).toHaveLength(4);
  expect(codes.filter((code) => code === 'ACCOUNT_LOCKED')).toHaveLength(46);
  const { count, lockedUntil } = await failures(account.id);
  expect(count).toBe(50);
  expect(await identity.metric(locks)).toBe(locksBefore + 1);
  const said = new Set(answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions.lockedUntil)));
  expect(said).toEqual(new Set([undefined, lockedUntil?.toISOString()]));
});

test('a right password that was checked while others locked the account is refused and counted', async () => {
  const { account } = await identity.newAccount();
  const lock = (tx: typeof identity.db) =>
    sql`update accounts set failed_login_attempts = 5, locked_until = now() + interval '15 minutes'
      where id = ${account.id}`.execute(tx);
  const login = () => identity.login({ email: account.email, password });
  expect(codesOf(await identity.whileLocked({ lock, waiters: 1 }, login))).toEqual(['ACCOUNT_LOCKED']);
  expect((await failures(account.id)).count).toBe(6);
});

test('a burst beyond the queue is refused at once and may be retried; what was let in is answered', async () => {
  const small = await startIdentity({ PASSWORD_MAX_RUNNING: '1', PASSWORD_MAX_QUEUED: '2', PASSWORD_PASSES: '20' });
  try {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => small.login({ email: `${uniqueUsername()}@example.com`, password })),
    );
    const codes = answers.flatMap(codesOf);
    expect(codes.filter((code) => code === 'INVALID_CREDENTIALS').length).toBeGreaterThanOrEqual(3);
    const refused = answers.find((answer) => codesOf(answer).includes('OVERLOADED'));
    expect(refused?.errors[0]?.extensions.retryable).toBe(true);
    expect(new Set(codes)).toEqual(new Set(['INVALID_CREDENTIALS', 'OVERLOADED']));
  } finally {
    await small.stopAll();
  }
});
