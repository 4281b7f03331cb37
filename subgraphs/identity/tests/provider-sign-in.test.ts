import { ConfigError } from '@nova/runtime';
import { userIdentity } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { newPerson, type ProviderSignIn, providers, startProviderSignIn } from './_provider-sign-in.ts';
import { codeAt, fromBase32, letCodesPass } from './authenticator.ts';
import { clientSecret } from './company-endpoints.ts';
import { codesOf, startIdentity } from './identity-under-test.ts';
import { redirectUrl } from './sign-in-companies.ts';

let world: ProviderSignIn;
beforeAll(async () => {
  world = await startProviderSignIn();
});
afterAll(() => world?.stop());
beforeEach(() => world.reset());

test('a front end learns which companies there are', async () => {
  expect((await world.identity.send('{ signInProviders }')).data.signInProviders).toEqual(providers);
  const without = await startIdentity();
  try {
    expect((await without.send('{ signInProviders }')).data.signInProviders).toEqual([]);
  } finally {
    await without.stopAll();
  }
});

test('the browser is sent with state, nonce and the hash of a secret that only the server knows', async () => {
  const { url } = (await world.begin({ provider: 'GOOGLE', redirectUrl })).data.beginSignIn;
  const query = new URL(url).searchParams;
  expect(Object.fromEntries(query)).toMatchObject({
    response_type: 'code',
    scope: 'openid email',
    redirect_uri: redirectUrl,
    code_challenge_method: 'S256',
  });
  for (const name of ['state', 'nonce', 'code_challenge']) expect(query.get(name)).toMatch(/^[\w-]{43}$/);
  expect(url).not.toContain(clientSecret);
});

test('the second factor is asked for whatever the first one was', async () => {
  const person = newPerson();
  const account = await world.newcomer('GOOGLE', person);
  const as = userIdentity(account.id);
  const { secret } = (await world.identity.send('mutation { enrolTotp { secret } }', { as })).data.enrolTotp;
  const code = () => codeAt(fromBase32(secret), Date.now());
  await world.identity.send('mutation ($code: String!) { confirmTotp(input: { code: $code }) { recoveryCodes } }', {
    as,
    variables: { code: code() },
  });
  await letCodesPass(world.identity.db, account.id);
  const [error] = (await world.signIn('GOOGLE', person)).errors;
  expect(error?.extensions.code).toBe('TOTP_REQUIRED');
  const answer = await world.identity.loginWithTotp({ challenge: error?.extensions.challenge, code: code() });
  expect(answer.data.loginWithTotp.account.id).toBe(account.id);
});

test('an account that is locked or suspended is so for companies too', async () => {
  const person = newPerson();
  const account = await world.newcomer('GOOGLE', person);
  await sql`update accounts set locked_until = now() + interval '1 minute' where id = ${account.id}`.execute(
    world.identity.db,
  );
  expect(codesOf(await world.signIn('GOOGLE', person))).toEqual(['ACCOUNT_LOCKED']);
  await sql`update accounts set locked_until = null, is_active = false where id = ${account.id}`.execute(
    world.identity.db,
  );
  expect(codesOf(await world.signIn('GOOGLE', person))).toEqual(['ACCOUNT_INACTIVE']);
});

test('of ten uses of one answer at the same time one succeeds, and the company is asked once', async () => {
  const person = newPerson();
  await world.newcomer('GOOGLE', person);
  const input = await world.visit('GOOGLE', person);
  world.companies.state.exchanges = 0;
  const answers = await Promise.all(Array.from({ length: 10 }, () => world.complete(input)));
  expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  expect(answers.flatMap(codesOf)).toEqual(Array(9).fill('SIGN_IN_FAILED'));
  expect(world.companies.state.exchanges).toBe(1);
});

test.each(providers)('an answer of %s is taken only where it was asked for', async (provider) => {
  const person = newPerson();
  await world.newcomer(provider, person);
  const [mine, strangers] = [await world.visit(provider, person), await world.visit(provider, person)];
  // Somebody's own answer, slipped into another browser: that has another attempt.
  expect(codesOf(await world.complete({ ...mine, callbackUrl: strangers.callbackUrl }))).toEqual(['SIGN_IN_FAILED']);
  expect(codesOf(await world.complete(mine))).toEqual(['SIGN_IN_FAILED']);
  for (const attempt of ['', 'unknown', 'A'.repeat(43)])
    expect(codesOf(await world.complete({ ...strangers, attempt }))).toEqual(['SIGN_IN_FAILED']);
  expect((await world.complete(strangers)).errors).toEqual([]);
});

test('an attempt is good for ten minutes', async () => {
  const before = Date.now();
  const { attempt, expiresAt, url } = (await world.begin({ provider: 'GOOGLE', redirectUrl })).data.beginSignIn;
  expect(Math.abs(Date.parse(expiresAt) - before - 600_000)).toBeLessThan(30_000);
  const callbackUrl = await world.companies.visit(url);
  await sql`update provider_attempts set expires_at = now()`.execute(world.identity.db);
  expect(codesOf(await world.complete({ attempt, callbackUrl }))).toEqual(['SIGN_IN_FAILED']);
  await world.begin({ provider: 'GOOGLE', redirectUrl });
  const { rows } = await sql`select from provider_attempts`.execute(world.identity.db);
  expect(rows).toHaveLength(1);
});

test('who says no at the company is not signed in', async () => {
  for (const provider of providers) {
    const { attempt, callbackUrl } = await world.visit(provider, newPerson());
    const back = new URL(callbackUrl);
    back.searchParams.delete('code');
    back.searchParams.set('error', 'access_denied');
    expect(codesOf(await world.complete({ attempt, callbackUrl: back.href }))).toEqual(['SIGN_IN_FAILED']);
  }
});

test.each(providers)('a code that %s did not give is refused', async (provider) => {
  const { attempt, callbackUrl } = await world.visit(provider, newPerson());
  const back = new URL(callbackUrl);
  back.searchParams.set('code', 'made up');
  expect(codesOf(await world.complete({ attempt, callbackUrl: back.href }))).toEqual(['SIGN_IN_FAILED']);
});

test.each([
  ['of another sign-in', { nonce: 'another' }],
  ['without a nonce', { nonce: undefined }],
  ['for another client', { aud: 'another' }],
  ['of another issuer', { iss: 'https://accounts.example.com' }],
  ['that has expired', { exp: 1 }],
  ['about nobody', { sub: undefined }],
])('an ID token %s is refused', async (_what, claims) => {
  const person = newPerson();
  await world.newcomer('GOOGLE', person);
  world.companies.state.claims = claims;
  expect(codesOf(await world.signIn('GOOGLE', person))).toEqual(['SIGN_IN_FAILED']);
});

test('an ID token that the company did not sign is refused', async () => {
  const person = newPerson();
  await world.newcomer('GOOGLE', person);
  world.companies.state.isSignedByStranger = true;
  expect(codesOf(await world.signIn('GOOGLE', person))).toEqual(['SIGN_IN_FAILED']);
});

test.each(providers)('while %s is away one is told to try later, and later it works', async (provider) => {
  const person = newPerson();
  const account = await world.newcomer(provider, person);
  const input = await world.visit(provider, person);
  world.companies.state.isAway = true;
  const answer = await world.complete(input);
  expect(answer.errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE', retryable: true } }]);
  world.companies.state.isAway = false;
  expect((await world.signIn(provider, person)).data.completeSignIn.account.id).toBe(account.id);
});

test('a discovery that failed is tried again', async () => {
  const fresh = await startIdentity(world.settings);
  const ask = () =>
    fresh.send(`mutation ($input: BeginSignInInput!) { beginSignIn(input: $input) { url } }`, {
      variables: { input: { provider: 'GOOGLE', redirectUrl } },
    });
  try {
    world.companies.state.isAway = true;
    expect(codesOf(await ask())).toEqual(['SERVICE_UNAVAILABLE']);
    world.companies.state.isAway = false;
    expect((await ask()).errors).toEqual([]);
  } finally {
    await fresh.stopAll();
  }
});

test('nobody is sent to a page that is not among those of the settings, nor to a company without a client', async () => {
  for (const url of ['https://evil.example.com/', `${redirectUrl}?more=1`, ''])
    expect((await world.begin({ provider: 'GOOGLE', redirectUrl: url })).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', field: 'redirectUrl' } },
    ]);
  const { attempt } = await world.visit('GOOGLE', newPerson());
  for (const callbackUrl of ['', 'no url', `${redirectUrl}?x=${'x'.repeat(5_000)}`])
    expect((await world.complete({ attempt, callbackUrl })).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', field: 'callbackUrl' } },
    ]);
  const without = await startIdentity({ SIGN_IN_REDIRECT_URLS: redirectUrl });
  try {
    const answer = await without.send('mutation ($input: BeginSignInInput!) { beginSignIn(input: $input) { url } }', {
      variables: { input: { provider: 'WECHAT', redirectUrl } },
    });
    expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: 'provider' } }]);
  } finally {
    await without.stopAll();
  }
});

test('the database holds neither an attempt nor a ticket that could be used', async () => {
  const { attempt } = await world.visit('GOOGLE', newPerson());
  const { ticket } = await world.offered('GOOGLE', newPerson());
  const { rows } = await sql<{ row: string }>`
    select t::text as row from provider_attempts t union all select t::text from sign_up_tickets t`.execute(
    world.identity.db,
  );
  const stored = rows.map(({ row }) => row).join('\n');
  for (const token of [attempt, ticket]) expect(stored).not.toContain(token);
});

test('a client without its secret keeps identity from starting', () => {
  const settings = { ...world.identity.settings, FACEBOOK_CLIENT_SECRET_FILE: '' };
  expect(() => toConfig(readEnv(settings))).toThrow(ConfigError);
  expect(() => toConfig(readEnv(settings))).toThrow('FACEBOOK_CLIENT_SECRET_FILE is required with FACEBOOK_CLIENT_ID');
});

test.each([
  'no url',
  'https://app.nova.test/page?query=1',
  'https://app.nova.test/page#part',
  'http://app.nova.test/page',
  'javascript:alert(1)',
])('%s is no page to come back to', (url) => {
  const settings = { ...world.identity.settings, SIGN_IN_REDIRECT_URLS: `${redirectUrl}, ${url}` };
  expect(() => toConfig(readEnv(settings))).toThrow(/SIGN_IN_REDIRECT_URLS/);
});
