import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codesOf, type IdentityUnderTest, password, startIdentity } from './identity-under-test.ts';

let identity: IdentityUnderTest;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity?.stopAll());

async function renew(refreshToken: string): Promise<string> {
  const answer = await identity.refresh({ refreshToken });
  expect(answer.errors).toEqual([]);
  return answer.data.refreshSession.refreshToken;
}

async function isRefused(refreshToken: string): Promise<boolean> {
  return codesOf(await identity.refresh({ refreshToken })).join() === 'REFRESH_TOKEN_INVALID';
}

async function revocations(accountId: string) {
  return identity.db
    .selectFrom('sessions')
    .select('revoked_reason as reason')
    .where('account_id', '=', accountId)
    .orderBy('id')
    .execute();
}

test('a refresh token is exchanged for new tokens of the same session', async () => {
  const { account, refreshToken } = await identity.newAccount();
  const answer = await identity.refresh({ refreshToken });
  expect(answer.data.refreshSession.account).toMatchObject(account);
  expect(answer.data.refreshSession.refreshToken).not.toBe(refreshToken);
  const inThirtyDays = Date.now() + 30 * 24 * 3_600_000;
  expect(Math.abs(Date.parse(answer.data.refreshSession.refreshTokenExpiresAt) - inThirtyDays)).toBeLessThan(60_000);
  expect(await revocations(account.id)).toEqual([{ reason: null }]);
});

test('a token of a long chain works once, and the newest one goes on working', async () => {
  let { refreshToken } = await identity.newAccount();
  for (let use = 1; use <= 5; use += 1) refreshToken = await renew(refreshToken);
});

test('a second use of a token ends the whole session, for the newest token too', async () => {
  const { account, refreshToken } = await identity.newAccount();
  const newest = await renew(await renew(refreshToken));
  expect(await isRefused(refreshToken)).toBe(true);
  expect(await revocations(account.id)).toEqual([{ reason: 'reuse' }]);
  expect(await isRefused(newest)).toBe(true);
});

test('a session that ended by a second use leaves other sessions of the account alone', async () => {
  const { account, refreshToken } = await identity.newAccount();
  const other = (await identity.login({ email: account.email, password })).data.login;
  await renew(refreshToken);
  expect(await isRefused(refreshToken)).toBe(true);
  await renew(other.refreshToken);
});

test('of ten uses of one token at the same time one succeeds, and the session ends', async () => {
  const { account, refreshToken } = await identity.newAccount();
  const lock = (tx: typeof identity.db) =>
    sql`select from refresh_tokens join sessions on sessions.id = session_id
      where account_id = ${account.id} for update of refresh_tokens`.execute(tx);
  const answers = await identity.whileLocked({ lock, waiters: 10 }, () =>
    Promise.all(Array.from({ length: 10 }, () => identity.refresh({ refreshToken }))),
  );
  const winners = answers.filter(({ errors }) => errors.length === 0);
  expect(winners).toHaveLength(1);
  expect(answers.flatMap(codesOf)).toEqual(Array(9).fill('REFRESH_TOKEN_INVALID'));
  expect(await revocations(account.id)).toEqual([{ reason: 'reuse' }]);
  expect(await isRefused(winners[0]?.data.refreshSession.refreshToken)).toBe(true);
});

test('unknown, expired, used and revoked tokens and texts that are none get the same answer', async () => {
  const expired = await identity.newAccount();
  await sql`update refresh_tokens set expires_at = now() - interval '1 second'
    where session_id in (select id from sessions where account_id = ${expired.account.id})`.execute(identity.db);
  const used = await identity.newAccount();
  await renew(used.refreshToken);
  const revoked = await identity.newAccount();
  await identity.logout({ refreshToken: revoked.refreshToken });
  const unknown = 'A'.repeat(43);
  const texts = [unknown, expired.refreshToken, used.refreshToken, revoked.refreshToken, '', '\0', 'x'.repeat(100_000)];
  const answers = await Promise.all(texts.map((refreshToken) => identity.refresh({ refreshToken })));
  expect(codesOf(answers[0] as (typeof answers)[0])).toEqual(['REFRESH_TOKEN_INVALID']);
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  expect(await revocations(expired.account.id)).toEqual([{ reason: null }]);
});

test('the session of a suspended account cannot be renewed until the account is active again', async () => {
  const { account, refreshToken } = await identity.newAccount();
  const setActive = (isActive: boolean) =>
    identity.db.updateTable('accounts').set({ is_active: isActive }).where('id', '=', account.id).execute();
  await setActive(false);
  expect(await isRefused(refreshToken)).toBe(true);
  await setActive(true);
  await renew(refreshToken);
});

test('of a refresh token only its SHA-256 is stored', async () => {
  const { refreshToken } = await identity.newAccount();
  const hash = createHash('sha256').update(refreshToken).digest();
  const rows = await identity.db.selectFrom('refresh_tokens').selectAll().where('token_hash', '=', hash).execute();
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain(refreshToken);
});

test('a session does not keep the tokens that have expired', async () => {
  const { account, refreshToken } = await identity.newAccount();
  const newest = await renew(refreshToken);
  await sql`update refresh_tokens set expires_at = now() - interval '1 second' where used_at is not null
    and session_id in (select id from sessions where account_id = ${account.id})`.execute(identity.db);
  await renew(newest);
  const { count } = await identity.db
    .selectFrom('refresh_tokens')
    .innerJoin('sessions', 'sessions.id', 'refresh_tokens.session_id')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('sessions.account_id', '=', account.id)
    .executeTakeFirstOrThrow();
  expect(Number(count)).toBe(2);
});

test('signing out ends the session once, and asking again is no error', async () => {
  const { account, refreshToken } = await identity.newAccount();
  expect((await identity.logout({ refreshToken })).data).toEqual({ logout: { loggedOut: true } });
  expect((await identity.logout({ refreshToken })).data).toEqual({ logout: { loggedOut: false } });
  expect(await revocations(account.id)).toEqual([{ reason: 'logout' }]);
  expect(await isRefused(refreshToken)).toBe(true);
});

test('signing out with a token nobody knows is no error', async () => {
  for (const refreshToken of ['A'.repeat(43), '', 'no token']) {
    expect(await identity.logout({ refreshToken })).toMatchObject({
      data: { logout: { loggedOut: false } },
      errors: [],
    });
  }
});

test('signing out ends one session, not those on other devices', async () => {
  const { account, refreshToken } = await identity.newAccount();
  const other = (await identity.login({ email: account.email, password })).data.login;
  await identity.logout({ refreshToken });
  await renew(other.refreshToken);
});
