import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createLogger } from '@nova/runtime';
import { statementsDuring, subgraphClient, userIdentity } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { totpStepOf } from '../src/second-factor/totp.ts';
import { createIdentityService } from '../src/service.ts';
import { codeAt, fromBase32, letCodesPass, wrongCode } from './authenticator.ts';
import { codesOf, type IdentityUnderTest, identityClient, password, startIdentity } from './identity-under-test.ts';

let identity: IdentityUnderTest;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity?.stopAll());

const enrol = (accountId: string) =>
  identity.send('mutation { enrolTotp { secret uri } }', { as: userIdentity(accountId) });
const confirm = (accountId: string, code: string) =>
  identity.send(
    'mutation ($code: String!) { confirmTotp(input: { code: $code }) { recoveryCodes account { totp { recoveryCodesLeft } } } }',
    { as: userIdentity(accountId), variables: { code } },
  );
const disable = (accountId: string, code: string) =>
  identity.send(
    'mutation ($code: String!) { disableTotp(input: { code: $code }) { account { totp { confirmedAt } } } }',
    {
      as: userIdentity(accountId),
      variables: { code },
    },
  );
const totpOf = async (accountId: string) =>
  (await identity.send('{ viewer { totp { confirmedAt recoveryCodesLeft } } }', { as: userIdentity(accountId) })).data
    .viewer.totp;

/** An account whose sign-ins need a code, and how to make codes of its app. */
async function protectedAccount() {
  const { account } = await identity.newAccount();
  const { secret } = (await enrol(account.id)).data.enrolTotp;
  const bytes = fromBase32(secret);
  const confirmed = await confirm(account.id, codeAt(bytes, Date.now()));
  await letCodesPass(identity.db, account.id);
  const { recoveryCodes } = confirmed.data.confirmTotp as { recoveryCodes: [string, ...string[]] };
  return {
    ...account,
    secret: bytes,
    recoveryCodes,
    code: () => codeAt(bytes, Date.now()),
    wrong: () => wrongCode(bytes),
    /** With the right password, up to the challenge. */
    async challenge(): Promise<string> {
      const [error] = (await identity.login({ email: account.email, password })).errors;
      expect(error?.extensions.code).toBe('TOTP_REQUIRED');
      return error?.extensions.challenge as string;
    },
  };
}

test('codes are those of RFC 6238', () => {
  const secret = Buffer.from('12345678901234567890');
  // Appendix B, the last six of its eight digits.
  for (const [seconds, code] of [
    [59, '287082'],
    [1_111_111_109, '081804'],
    [20_000_000_000, '353130'],
  ] as const) {
    expect(codeAt(secret, seconds * 1_000)).toBe(code);
    expect(totpStepOf(secret, code, seconds * 1_000)).toBe(Math.floor(seconds / 30));
    for (const steps of [-1, 1])
      expect(totpStepOf(secret, code, (seconds + steps * 30) * 1_000)).toBe(Math.floor(seconds / 30));
    for (const steps of [-2, 2]) expect(totpStepOf(secret, code, (seconds + steps * 30) * 1_000)).toBeUndefined();
  }
});

test('a factor counts from its confirmation on', async () => {
  const { account } = await identity.newAccount();
  const { secret, uri } = (await enrol(account.id)).data.enrolTotp;
  expect(uri).toBe(
    `otpauth://totp/Nova:${encodeURIComponent(account.email)}?issuer=Nova&secret=${secret}&algorithm=SHA1&digits=6&period=30`,
  );
  expect((await identity.login({ email: account.email, password })).errors).toEqual([]);
  expect(await totpOf(account.id)).toBeNull();
  expect(codesOf(await confirm(account.id, wrongCode(fromBase32(secret))))).toEqual(['TOTP_CODE_INVALID']);
  const confirmed = await confirm(account.id, codeAt(fromBase32(secret), Date.now()));
  const { recoveryCodes } = confirmed.data.confirmTotp;
  expect(new Set(recoveryCodes).size).toBe(10);
  for (const code of recoveryCodes) expect(code).toMatch(/^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/);
  expect(await totpOf(account.id)).toEqual({ confirmedAt: expect.any(String), recoveryCodesLeft: 10 });
  expect(codesOf(await identity.login({ email: account.email, password }))).toEqual(['TOTP_REQUIRED']);
});

test('a second secret takes the place of one that was not confirmed, and of no other', async () => {
  const { account } = await identity.newAccount();
  const first = (await enrol(account.id)).data.enrolTotp.secret;
  const second = (await enrol(account.id)).data.enrolTotp.secret;
  expect(codesOf(await confirm(account.id, codeAt(fromBase32(first), Date.now())))).toEqual(['TOTP_CODE_INVALID']);
  expect((await confirm(account.id, codeAt(fromBase32(second), Date.now()))).errors).toEqual([]);
  expect(codesOf(await enrol(account.id))).toEqual(['CONFLICT']);
  expect(codesOf(await confirm(account.id, codeAt(fromBase32(second), Date.now())))).toEqual(['CONFLICT']);
});

test('the right password is answered with a challenge, and that with a code is a session', async () => {
  const account = await protectedAccount();
  const [error] = (await identity.login({ email: account.email, password })).errors;
  const { challenge, expiresAt }: Record<string, unknown> = error?.extensions ?? {};
  const minutes = (Date.parse(String(expiresAt)) - Date.now()) / 60_000;
  expect(minutes).toBeGreaterThan(4);
  expect(minutes).toBeLessThanOrEqual(5.1);
  const answer = await identity.loginWithTotp({ challenge, code: account.code() });
  expect(answer.data.loginWithTotp.account.id).toBe(account.id);
  expect((await identity.refresh({ refreshToken: answer.data.loginWithTotp.refreshToken })).errors).toEqual([]);
});

test('a wrong password learns nothing of the second factor', async () => {
  const account = await protectedAccount();
  const answer = await identity.login({ email: account.email, password: 'a wrong password' });
  expect(codesOf(answer)).toEqual(['INVALID_CREDENTIALS']);
});

test('a challenge is met once', async () => {
  const account = await protectedAccount();
  const challenge = await account.challenge();
  expect((await identity.loginWithTotp({ challenge, code: account.code() })).errors).toEqual([]);
  await letCodesPass(identity.db, account.id);
  expect(codesOf(await identity.loginWithTotp({ challenge, code: account.code() }))).toEqual(['CHALLENGE_INVALID']);
});

test('a challenge that is unknown or has expired is refused', async () => {
  const account = await protectedAccount();
  const challenge = await account.challenge();
  await sql`update login_challenges set expires_at = now() where account_id = ${account.id}`.execute(identity.db);
  for (const tried of [challenge, 'x', 'A'.repeat(43)])
    expect(codesOf(await identity.loginWithTotp({ challenge: tried, code: account.code() }))).toEqual([
      'CHALLENGE_INVALID',
    ]);
});

test('of ten uses of one code at the same time, each with its own challenge, one signs in', async () => {
  const account = await protectedAccount();
  // Failures would lock the account before the tenth.
  const roomy = await anotherProcess({ LOGIN_MAX_FAILURES: '100' });
  const challenges = await Promise.all(Array.from({ length: 10 }, () => account.challenge()));
  const code = account.code();
  const answers = await Promise.all(challenges.map((challenge) => roomy.loginWithTotp({ challenge, code })));
  expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  expect(answers.flatMap(codesOf)).toEqual(Array(9).fill('TOTP_CODE_INVALID'));
});

test('a code is not taken again, nor one before it', async () => {
  const account = await protectedAccount();
  const nowMs = Date.now();
  const [before, now] = [codeAt(account.secret, nowMs - 30_000), codeAt(account.secret, nowMs)];
  expect((await identity.loginWithTotp({ challenge: await account.challenge(), code: now })).errors).toEqual([]);
  for (const code of [now, before])
    expect(codesOf(await identity.loginWithTotp({ challenge: await account.challenge(), code }))).toEqual([
      'TOTP_CODE_INVALID',
    ]);
});

test('five wrong codes lock the account, and a right password between them does not make more', async () => {
  const account = await protectedAccount();
  const codes = [];
  for (let attempt = 1; attempt <= 5; attempt += 1)
    codes.push(
      ...codesOf(await identity.loginWithTotp({ challenge: await account.challenge(), code: account.wrong() })),
    );
  expect(codes).toEqual([...Array(4).fill('TOTP_CODE_INVALID'), 'ACCOUNT_LOCKED']);
  expect(codesOf(await identity.login({ email: account.email, password }))).toEqual(['ACCOUNT_LOCKED']);
});

test('while the account is locked a right code is refused too', async () => {
  const account = await protectedAccount();
  const challenge = await account.challenge();
  for (let attempt = 1; attempt <= 5; attempt += 1)
    await identity.login({ email: account.email, password: 'a wrong password' });
  expect(codesOf(await identity.loginWithTotp({ challenge, code: account.code() }))).toEqual(['ACCOUNT_LOCKED']);
});

test('a complete sign-in forgets the failures before it', async () => {
  const account = await protectedAccount();
  const challenge = await account.challenge();
  for (let attempt = 1; attempt <= 4; attempt += 1) await identity.loginWithTotp({ challenge, code: account.wrong() });
  expect((await identity.loginWithTotp({ challenge, code: account.code() })).errors).toEqual([]);
  const { count } = await identity.db
    .selectFrom('accounts')
    .select('failed_login_attempts as count')
    .where('id', '=', account.id)
    .executeTakeFirstOrThrow();
  expect(count).toBe(0);
});

test('a recovery code stands in for the app once, however it is written', async () => {
  const account = await protectedAccount();
  const [code] = account.recoveryCodes;
  const written = ` ${code.toLowerCase().replaceAll('-', ' ')} `;
  expect((await identity.loginWithTotp({ challenge: await account.challenge(), code: written })).errors).toEqual([]);
  expect((await totpOf(account.id)).recoveryCodesLeft).toBe(9);
  const again = await identity.loginWithTotp({ challenge: await account.challenge(), code });
  expect(codesOf(again)).toEqual(['TOTP_CODE_INVALID']);
});

test('of ten uses of one recovery code at the same time one signs in', async () => {
  const account = await protectedAccount();
  const roomy = await anotherProcess({ LOGIN_MAX_FAILURES: '100' });
  const challenges = await Promise.all(Array.from({ length: 10 }, () => account.challenge()));
  const [code] = account.recoveryCodes;
  const answers = await Promise.all(challenges.map((challenge) => roomy.loginWithTotp({ challenge, code })));
  expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
});

test('a factor is turned off by a code of it, and wrong ones lock as those of sign-ins do', async () => {
  const account = await protectedAccount();
  for (let attempt = 1; attempt <= 3; attempt += 1)
    expect(codesOf(await disable(account.id, account.wrong()))).toEqual(['TOTP_CODE_INVALID']);
  const answer = await disable(account.id, account.code());
  expect(answer.data.disableTotp.account.totp).toBeNull();
  expect((await identity.login({ email: account.email, password })).errors).toEqual([]);
  expect(codesOf(await disable(account.id, account.code()))).toEqual(['NOT_FOUND']);
  const other = await protectedAccount();
  for (let attempt = 1; attempt <= 4; attempt += 1) await disable(other.id, other.wrong());
  expect(codesOf(await disable(other.id, other.wrong()))).toEqual(['ACCOUNT_LOCKED']);
  expect(codesOf(await disable(other.id, other.code()))).toEqual(['ACCOUNT_LOCKED']);
});

test('nobody who is not signed in enrols, confirms or disables', async () => {
  for (const mutation of [
    'enrolTotp { uri }',
    'confirmTotp(input: { code: "123456" }) { recoveryCodes }',
    'disableTotp(input: { code: "123456" }) { account { id } }',
  ])
    expect(codesOf(await identity.send(`mutation { ${mutation} }`))).toEqual(['UNAUTHENTICATED']);
});

test('the database holds neither a secret nor a recovery code nor a challenge', async () => {
  const account = await protectedAccount();
  const challenge = await account.challenge();
  const { rows } = await sql<{ row: string }>`
    select t::text as row from totp_factors t union all select t::text from recovery_codes t
    union all select t::text from login_challenges t`.execute(identity.db);
  const stored = rows.map(({ row }) => row).join('\n');
  const plain = account.recoveryCodes.map((code) => code.replaceAll('-', ''));
  for (const text of [challenge, ...plain])
    for (const form of [text, Buffer.from(text).toString('hex')]) expect(stored).not.toContain(form);
  expect(stored).not.toContain(account.secret.toString('hex'));
});

test('the sealed secret of one account is of no use in another', async () => {
  const [mine, other] = [await protectedAccount(), await protectedAccount()];
  await sql`update totp_factors set sealed_secret = (select sealed_secret from totp_factors where account_id = ${mine.id})
    where account_id = ${other.id}`.execute(identity.db);
  const answer = await identity.loginWithTotp({ challenge: await other.challenge(), code: mine.code() });
  expect(codesOf(answer)).toEqual(['INTERNAL_ERROR']);
});

test('after the key was changed a secret that the old one sealed is taken, and sealed anew', async () => {
  const account = await protectedAccount();
  const newKey = join(dirname(identity.keys.secondFactorKeyFile), 'new.key');
  writeFileSync(newKey, 'n'.repeat(40));
  const both = { SECOND_FACTOR_KEY_FILE: newKey, SECOND_FACTOR_OLD_KEY_FILES: identity.keys.secondFactorKeyFile };
  const rotated = await anotherProcess(both);
  expect((await rotated.loginWithTotp({ challenge: await account.challenge(), code: account.code() })).errors).toEqual(
    [],
  );
  await letCodesPass(identity.db, account.id);
  const alone = await anotherProcess({ SECOND_FACTOR_KEY_FILE: newKey });
  expect((await alone.loginWithTotp({ challenge: await account.challenge(), code: account.code() })).errors).toEqual(
    [],
  );
});

test.each([10, 50])('the factors of %d references cost one statement beside that of their accounts', async (count) => {
  const { account } = await identity.newAccount();
  const representations = Array.from({ length: count }, () => ({ __typename: 'Account', id: account.id }));
  const statements = await statementsDuring(() =>
    identity.send(
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { totp { confirmedAt } } } }',
      {
        as: userIdentity(account.id),
        variables: { r: representations },
      },
    ),
  );
  expect(statements).toHaveLength(2);
});

/** Identity with other settings, over the same database. */
async function anotherProcess(env: NodeJS.ProcessEnv) {
  const log = createLogger({ service: 'identity', level: 'silent' });
  const service = await createIdentityService(toConfig(readEnv({ ...identity.settings, ...env })), {
    log,
    roles: new Set(['graphql']),
  });
  onTestFinished(() => service.stop());
  return identityClient(subgraphClient(service.graphqlUrl, identity.keys));
}
