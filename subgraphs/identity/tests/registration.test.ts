import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codesOf, type IdentityUnderTest, password, startIdentity, uniqueUsername } from './identity-under-test.ts';

let identity: IdentityUnderTest;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity?.stopAll());

test('registering makes an account and signs it in', async () => {
  const answer = await identity.register({ email: 'Ada@Example.com', username: 'Ada', password });
  expect(answer.errors).toEqual([]);
  const { account, refreshToken } = answer.data.register;
  expect(account).toMatchObject({ email: 'ada@example.com', username: 'Ada', user: { id: account.id } });
  expect((await identity.refresh({ refreshToken })).data.refreshSession.account.id).toBe(account.id);
  const asAda = { kind: 'user', userId: account.id, sessionId: account.id, permissions: [] } as const;
  const { user, ...own } = account;
  expect((await identity.viewer(asAda)).data.viewer).toEqual({ ...own, user });
});

test('an email belongs to one account, however it is written', async () => {
  const { account } = await identity.newAccount();
  const again = { email: account.email.toUpperCase(), username: uniqueUsername(), password };
  const { errors } = await identity.register(again);
  expect(errors).toMatchObject([{ extensions: { code: 'EMAIL_TAKEN', field: 'email', retryable: false } }]);
});

test('a username belongs to one account, however it is written', async () => {
  const { account } = await identity.newAccount();
  const again = { email: `${uniqueUsername()}@example.com`, username: account.username.toUpperCase(), password };
  expect((await identity.register(again)).errors).toMatchObject([
    { extensions: { code: 'USERNAME_TAKEN', field: 'username' } },
  ]);
});

test('of ten people who register one email at the same time, one gets it', async () => {
  const email = `${uniqueUsername()}@example.com`;
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => identity.register({ email, username: uniqueUsername(), password })),
  );
  expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  expect(new Set(answers.flatMap(codesOf))).toEqual(new Set(['EMAIL_TAKEN']));
});

test.each([
  ['short', 9],
  ['long', 201],
])('a password that is too %s is refused by name', async (_kind, length) => {
  const username = uniqueUsername();
  const input = { email: `${username}@example.com`, username, password: 'x'.repeat(length) };
  expect((await identity.register(input)).errors).toMatchObject([
    { extensions: { code: 'BAD_USER_INPUT', field: 'password', length } },
  ]);
});

test.each([10, 200])(
  'a password of %d characters is accepted, and characters are what a person counts',
  async (length) => {
    const username = uniqueUsername();
    const input = { email: `${username}@example.com`, username, password: '🐘'.repeat(length) };
    expect((await identity.register(input)).errors).toEqual([]);
  },
);

test('a value that is no email or no username is refused and named', async () => {
  const good = { email: 'a@example.com', username: 'abc', password };
  for (const field of ['email', 'username']) {
    const answer = await identity.register({ ...good, [field]: 'not acceptable' });
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors[0]?.message).toContain(`input.${field}`);
  }
});

test('whatever the text, registering answers and never fails inside', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\0', '\ud800', "'; drop table accounts", 'ſẞİ'),
  );
  const email = fc.oneof(
    text,
    fc.tuple(text, text).map(([name, host]) => `${name || 'x'}@${host || 'y'}.org`),
  );
  const input = fc.record({ email, username: text, password: fc.oneof(text, fc.constant(password)) });
  const rare = fc.record({ email, username: fc.constant(null).map(uniqueUsername), password: fc.constant(password) });
  await fc.assert(
    fc.asyncProperty(fc.oneof(input, rare), async (registration) => {
      const answer = await identity.register(registration);
      expect(codesOf(answer)).not.toContain('INTERNAL_ERROR');
      expect(answer.status).toBeLessThan(500);
    }),
    { numRuns: 150 },
  );
});

test('a password is stored as an argon2id hash of the cost that the settings name', async () => {
  const { account } = await identity.newAccount();
  const row = await identity.db
    .selectFrom('accounts')
    .select('password_hash')
    .where('id', '=', account.id)
    .executeTakeFirstOrThrow();
  expect(row.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test('an account never exists without the session that registering promised', async () => {
  const username = uniqueUsername();
  await sql`alter table sessions add constraint no_sessions check (false) not valid`.execute(identity.db);
  try {
    const answer = await identity.register({ email: `${username}@example.com`, username, password });
    expect(codesOf(answer)).toEqual(['INTERNAL_ERROR']);
    expect(JSON.stringify(answer)).not.toContain('no_sessions');
  } finally {
    await sql`alter table sessions drop constraint no_sessions`.execute(identity.db);
  }
  const rows = await identity.db.selectFrom('accounts').select('id').where('username', '=', username).execute();
  expect(rows).toEqual([]);
});
