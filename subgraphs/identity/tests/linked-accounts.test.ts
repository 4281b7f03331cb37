import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@nova/runtime';
import { statementsDuring, userIdentity } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { codeAt, fromBase32, letCodesPass } from './authenticator.ts';
import { clientSecret, type Person } from './company-endpoints.ts';
import { codesOf, type IdentityUnderTest, password, startIdentity, uniqueUsername } from './identity-under-test.ts';
import { redirectUrl, type SignInCompanies, startSignInCompanies } from './sign-in-companies.ts';

let identity: IdentityUnderTest;
let companies: SignInCompanies;
const directory = mkdtempSync(join(tmpdir(), 'nova-client-secret-'));
const secretFile = join(directory, 'secret');
beforeAll(async () => {
  writeFileSync(secretFile, `${clientSecret}\n`);
  companies = await startSignInCompanies();
  identity = await startIdentity(companies.settings(secretFile));
});
afterAll(async () => {
  await identity?.stopAll();
  await companies?.stop();
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(() => {
  Object.assign(companies.state, { claims: {}, isSignedByStranger: false, isAway: false, exchanges: 0 });
});

type Provider = 'GOOGLE' | 'FACEBOOK' | 'WECHAT';
const providers: Provider[] = ['GOOGLE', 'FACEBOOK', 'WECHAT'];

const newPerson = (): Person => ({
  id: uniqueUsername(),
  email: `${uniqueUsername()}@example.com`,
  isEmailVerified: true,
});
const started = 'url attempt expiresAt';
const session = 'accessToken refreshToken account { id email username }';

const begin = (input: object) =>
  identity.send(`mutation ($input: BeginSignInInput!) { beginSignIn(input: $input) { ${started} } }`, {
    variables: { input },
  });
const beginLink = (accountId: string, provider: Provider) =>
  identity.send(`mutation ($input: BeginSignInInput!) { beginLink(input: $input) { ${started} } }`, {
    as: userIdentity(accountId),
    variables: { input: { provider, redirectUrl } },
  });
const complete = (input: object) =>
  identity.send(`mutation ($input: CompleteSignInInput!) { completeSignIn(input: $input) { ${session} } }`, {
    variables: { input },
  });
const completeLink = (accountId: string, input: object) =>
  identity.send(
    'mutation ($input: CompleteSignInInput!) { completeLink(input: $input) { account { id linkedProviders { provider } } } }',
    { as: userIdentity(accountId), variables: { input } },
  );
const register = (input: object) =>
  identity.send(
    `mutation ($input: RegisterWithProviderInput!) { registerWithProvider(input: $input) { ${session} } }`,
    {
      variables: { input },
    },
  );
const unlink = (accountId: string, provider: Provider) =>
  identity.send(
    'mutation ($input: UnlinkProviderInput!) { unlinkProvider(input: $input) { account { linkedProviders { provider } } } }',
    { as: userIdentity(accountId), variables: { input: { provider } } },
  );

/** Sent to a provider and back, with what `completeSignIn` takes. */
async function visit(provider: Provider, person: Person) {
  companies.state.person = person;
  const { url, attempt } = (await begin({ provider, redirectUrl })).data.beginSignIn;
  return { attempt, callbackUrl: await companies.visit(url) };
}

async function signIn(provider: Provider, person: Person) {
  return complete(await visit(provider, person));
}

/** What SIGN_UP_REQUIRED says. */
async function offered(provider: Provider, person: Person) {
  const [error] = (await signIn(provider, person)).errors;
  expect(error?.extensions.code).toBe('SIGN_UP_REQUIRED');
  return error?.extensions as unknown as { ticket: string; email: string | null; expiresAt: string };
}

async function newcomer(provider: Provider, person: Person) {
  const { ticket } = await offered(provider, person);
  const email = `${uniqueUsername()}@example.com`;
  const answer = await register({ ticket, username: uniqueUsername(), email });
  expect(answer.errors).toEqual([]);
  return answer.data.registerWithProvider.account as { id: string; email: string; username: string };
}

async function link(accountId: string, provider: Provider, person: Person) {
  companies.state.person = person;
  const { url, attempt } = (await beginLink(accountId, provider)).data.beginLink;
  return completeLink(accountId, { attempt, callbackUrl: await companies.visit(url) });
}

test('a front end learns which companies there are', async () => {
  expect((await identity.send('{ signInProviders }')).data.signInProviders).toEqual(providers);
  const without = await startIdentity();
  try {
    expect((await without.send('{ signInProviders }')).data.signInProviders).toEqual([]);
  } finally {
    await without.stopAll();
  }
});

test.each(providers)(
  'whom %s confirms makes an account with a ticket and a username, and signs in to it from then on',
  async (provider) => {
    const person = newPerson();
    const account = await newcomer(provider, person);
    for (let time = 1; time <= 2; time += 1) {
      const answer = await signIn(provider, person);
      expect(answer.data.completeSignIn.account.id).toBe(account.id);
      const { refreshToken } = answer.data.completeSignIn;
      expect((await identity.refresh({ refreshToken })).errors).toEqual([]);
    }
    expect(codesOf(await identity.login({ email: account.email, password }))).toEqual(['INVALID_CREDENTIALS']);
    const events = await sql`
    select from outbox_events where key = ${account.id} and type = 'identity.account_registered'`.execute(identity.db);
    expect(events.rows).toHaveLength(1);
  },
);

test('the same id at two companies is two people', async () => {
  const person = newPerson();
  const account = await newcomer('FACEBOOK', person);
  await offered('WECHAT', person);
  expect((await signIn('FACEBOOK', person)).data.completeSignIn.account.id).toBe(account.id);
});

test('the browser is sent with state, nonce and the hash of a secret that only the server knows', async () => {
  const { url } = (await begin({ provider: 'GOOGLE', redirectUrl })).data.beginSignIn;
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

test('an email that Google has verified is that of the account, unless the person gives another', async () => {
  const person = newPerson();
  const { ticket, email } = await offered('GOOGLE', person);
  expect(email).toBe(person.email);
  const answer = await register({ ticket, username: uniqueUsername() });
  expect(answer.data.registerWithProvider.account.email).toBe(person.email);
});

test.each([
  ['Google has not verified', 'GOOGLE', false],
  ['Google says nothing of', 'GOOGLE', undefined],
  ['Facebook tells', 'FACEBOOK', true],
] as const)('an email that %s counts for nothing', async (_whose, provider, isEmailVerified) => {
  const { account } = await identity.newAccount();
  const person = { ...newPerson(), email: account.email, isEmailVerified };
  const { ticket, email } = await offered(provider, person);
  expect(email).toBeNull();
  const answer = await register({ ticket, username: uniqueUsername() });
  expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: 'email' } }]);
  const taken = await register({ ticket, username: uniqueUsername(), email: account.email });
  expect(codesOf(taken)).toEqual(['EMAIL_TAKEN']);
});

test('a verified email lets nobody in to the account that somebody registered with it', async () => {
  const { account } = await identity.newAccount();
  const answer = await signIn('GOOGLE', {
    id: uniqueUsername(),
    email: account.email.toUpperCase(),
    isEmailVerified: true,
  });
  expect(codesOf(answer)).toEqual(['EMAIL_TAKEN']);
});

test("who is signed in links a company's account and signs in by either", async () => {
  const { account } = await identity.newAccount();
  const person = newPerson();
  const linked = await link(account.id, 'GOOGLE', person);
  expect(linked.data.completeLink.account).toEqual({ id: account.id, linkedProviders: [{ provider: 'GOOGLE' }] });
  expect((await signIn('GOOGLE', person)).data.completeSignIn.account.id).toBe(account.id);
  expect((await identity.login({ email: account.email, password })).errors).toEqual([]);
});

test('one account of a company is linked with one account, and the other way round', async () => {
  const [mine, other] = [(await identity.newAccount()).account, (await identity.newAccount()).account];
  const person = newPerson();
  await link(mine.id, 'WECHAT', person);
  expect(codesOf(await link(other.id, 'WECHAT', person))).toEqual(['CONFLICT']);
  expect(codesOf(await link(mine.id, 'WECHAT', newPerson()))).toEqual(['CONFLICT']);
});

test("of ten links of one company's account at the same time one holds", async () => {
  const person = newPerson();
  const accounts = await Promise.all(Array.from({ length: 10 }, () => identity.newAccount()));
  const answers = await Promise.all(accounts.map(({ account }) => link(account.id, 'FACEBOOK', person)));
  expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  expect(answers.flatMap(codesOf)).toEqual(Array(9).fill('CONFLICT'));
});

test('the second factor is asked for whatever the first one was', async () => {
  const person = newPerson();
  const account = await newcomer('GOOGLE', person);
  const as = userIdentity(account.id);
  const { secret } = (await identity.send('mutation { enrolTotp { secret } }', { as })).data.enrolTotp;
  const code = () => codeAt(fromBase32(secret), Date.now());
  await identity.send('mutation ($code: String!) { confirmTotp(input: { code: $code }) { recoveryCodes } }', {
    as,
    variables: { code: code() },
  });
  await letCodesPass(identity.db, account.id);
  const [error] = (await signIn('GOOGLE', person)).errors;
  expect(error?.extensions.code).toBe('TOTP_REQUIRED');
  const answer = await identity.loginWithTotp({ challenge: error?.extensions.challenge, code: code() });
  expect(answer.data.loginWithTotp.account.id).toBe(account.id);
});

test('an account that is locked or suspended is so for companies too', async () => {
  const person = newPerson();
  const account = await newcomer('GOOGLE', person);
  await sql`update accounts set locked_until = now() + interval '1 minute' where id = ${account.id}`.execute(
    identity.db,
  );
  expect(codesOf(await signIn('GOOGLE', person))).toEqual(['ACCOUNT_LOCKED']);
  await sql`update accounts set locked_until = null, is_active = false where id = ${account.id}`.execute(identity.db);
  expect(codesOf(await signIn('GOOGLE', person))).toEqual(['ACCOUNT_INACTIVE']);
});

test('of ten uses of one answer at the same time one succeeds, and the company is asked once', async () => {
  const person = newPerson();
  await newcomer('GOOGLE', person);
  const input = await visit('GOOGLE', person);
  companies.state.exchanges = 0;
  const answers = await Promise.all(Array.from({ length: 10 }, () => complete(input)));
  expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  expect(answers.flatMap(codesOf)).toEqual(Array(9).fill('SIGN_IN_FAILED'));
  expect(companies.state.exchanges).toBe(1);
});

test.each(providers)('an answer of %s is taken only where it was asked for', async (provider) => {
  const person = newPerson();
  await newcomer(provider, person);
  const [mine, strangers] = [await visit(provider, person), await visit(provider, person)];
  // Somebody's own answer, slipped into another browser: that has another attempt.
  expect(codesOf(await complete({ ...mine, callbackUrl: strangers.callbackUrl }))).toEqual(['SIGN_IN_FAILED']);
  expect(codesOf(await complete(mine))).toEqual(['SIGN_IN_FAILED']);
  for (const attempt of ['', 'unknown', 'A'.repeat(43)])
    expect(codesOf(await complete({ ...strangers, attempt }))).toEqual(['SIGN_IN_FAILED']);
  expect((await complete(strangers)).errors).toEqual([]);
});

test('an attempt is good for ten minutes', async () => {
  const before = Date.now();
  const { attempt, expiresAt, url } = (await begin({ provider: 'GOOGLE', redirectUrl })).data.beginSignIn;
  expect(Math.abs(Date.parse(expiresAt) - before - 600_000)).toBeLessThan(30_000);
  const callbackUrl = await companies.visit(url);
  await sql`update provider_attempts set expires_at = now()`.execute(identity.db);
  expect(codesOf(await complete({ attempt, callbackUrl }))).toEqual(['SIGN_IN_FAILED']);
  await begin({ provider: 'GOOGLE', redirectUrl });
  const { rows } = await sql`select from provider_attempts`.execute(identity.db);
  expect(rows).toHaveLength(1);
});

test("an attempt to link is no sign-in, nor anybody else's link", async () => {
  const [mine, other] = [(await identity.newAccount()).account, (await identity.newAccount()).account];
  companies.state.person = newPerson();
  const begun = async () => {
    const { url, attempt } = (await beginLink(mine.id, 'GOOGLE')).data.beginLink;
    return { attempt, callbackUrl: await companies.visit(url) };
  };
  expect(codesOf(await complete(await begun()))).toEqual(['SIGN_IN_FAILED']);
  expect(codesOf(await completeLink(other.id, await begun()))).toEqual(['SIGN_IN_FAILED']);
  expect(codesOf(await completeLink(mine.id, await visit('GOOGLE', newPerson())))).toEqual(['SIGN_IN_FAILED']);
});

test('who says no at the company is not signed in', async () => {
  for (const provider of providers) {
    const { attempt, callbackUrl } = await visit(provider, newPerson());
    const back = new URL(callbackUrl);
    back.searchParams.delete('code');
    back.searchParams.set('error', 'access_denied');
    expect(codesOf(await complete({ attempt, callbackUrl: back.href }))).toEqual(['SIGN_IN_FAILED']);
  }
});

test.each(providers)('a code that %s did not give is refused', async (provider) => {
  const { attempt, callbackUrl } = await visit(provider, newPerson());
  const back = new URL(callbackUrl);
  back.searchParams.set('code', 'made up');
  expect(codesOf(await complete({ attempt, callbackUrl: back.href }))).toEqual(['SIGN_IN_FAILED']);
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
  await newcomer('GOOGLE', person);
  companies.state.claims = claims;
  expect(codesOf(await signIn('GOOGLE', person))).toEqual(['SIGN_IN_FAILED']);
});

test('an ID token that the company did not sign is refused', async () => {
  const person = newPerson();
  await newcomer('GOOGLE', person);
  companies.state.isSignedByStranger = true;
  expect(codesOf(await signIn('GOOGLE', person))).toEqual(['SIGN_IN_FAILED']);
});

test.each(providers)('while %s is away one is told to try later, and later it works', async (provider) => {
  const person = newPerson();
  const account = await newcomer(provider, person);
  const input = await visit(provider, person);
  companies.state.isAway = true;
  const answer = await complete(input);
  expect(answer.errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE', retryable: true } }]);
  companies.state.isAway = false;
  expect((await signIn(provider, person)).data.completeSignIn.account.id).toBe(account.id);
});

test('a discovery that failed is tried again', async () => {
  const fresh = await startIdentity(companies.settings(secretFile));
  const ask = () =>
    fresh.send(`mutation ($input: BeginSignInInput!) { beginSignIn(input: $input) { url } }`, {
      variables: { input: { provider: 'GOOGLE', redirectUrl } },
    });
  try {
    companies.state.isAway = true;
    expect(codesOf(await ask())).toEqual(['SERVICE_UNAVAILABLE']);
    companies.state.isAway = false;
    expect((await ask()).errors).toEqual([]);
  } finally {
    await fresh.stopAll();
  }
});

test('nobody is sent to a page that is not among those of the settings, nor to a company without a client', async () => {
  for (const url of ['https://evil.example.com/', `${redirectUrl}?more=1`, ''])
    expect((await begin({ provider: 'GOOGLE', redirectUrl: url })).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', field: 'redirectUrl' } },
    ]);
  const { attempt } = await visit('GOOGLE', newPerson());
  for (const callbackUrl of ['', 'no url', `${redirectUrl}?x=${'x'.repeat(5_000)}`])
    expect((await complete({ attempt, callbackUrl })).errors).toMatchObject([
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

test('a ticket makes one account, and outlives names that are taken', async () => {
  const { account } = await identity.newAccount();
  const { ticket } = await offered('GOOGLE', newPerson());
  expect(codesOf(await register({ ticket, username: account.username }))).toEqual(['USERNAME_TAKEN']);
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => {
      const username = uniqueUsername();
      return register({ ticket, username, email: `${username}@example.com` });
    }),
  );
  expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  expect(answers.flatMap(codesOf)).toEqual(Array(9).fill('SIGN_IN_FAILED'));
});

test('two tickets of one person make one account', async () => {
  const person = newPerson();
  const tickets = [(await offered('GOOGLE', person)).ticket, (await offered('GOOGLE', person)).ticket];
  const answers = await Promise.all(
    tickets.map((ticket) => {
      const username = uniqueUsername();
      return register({ ticket, username, email: `${username}@example.com` });
    }),
  );
  expect(answers.flatMap(codesOf)).toEqual(['CONFLICT']);
});

test('a ticket that is unknown or has expired makes no account', async () => {
  const { ticket } = await offered('GOOGLE', newPerson());
  await sql`update sign_up_tickets set expires_at = now()`.execute(identity.db);
  for (const tried of [ticket, 'x', 'A'.repeat(43)])
    expect(codesOf(await register({ ticket: tried, username: uniqueUsername() }))).toEqual(['SIGN_IN_FAILED']);
});

test('the last way in is not taken away', async () => {
  const account = await newcomer('GOOGLE', newPerson());
  expect(codesOf(await unlink(account.id, 'FACEBOOK'))).toEqual(['NOT_FOUND']);
  expect(codesOf(await unlink(account.id, 'GOOGLE'))).toEqual(['CONFLICT']);
  const person = newPerson();
  await link(account.id, 'FACEBOOK', person);
  const both = await Promise.all([unlink(account.id, 'GOOGLE'), unlink(account.id, 'FACEBOOK')]);
  expect(both.flatMap(codesOf)).toEqual(['CONFLICT']);
  const { account: withPassword } = await identity.newAccount();
  await link(withPassword.id, 'GOOGLE', newPerson());
  expect((await unlink(withPassword.id, 'GOOGLE')).data.unlinkProvider.account.linkedProviders).toEqual([]);
});

test('nobody who is not signed in links or unlinks', async () => {
  for (const mutation of [
    `beginLink(input: { provider: GOOGLE, redirectUrl: "${redirectUrl}" }) { url }`,
    'completeLink(input: { attempt: "x", callbackUrl: "https://x.test" }) { account { id } }',
    'unlinkProvider(input: { provider: GOOGLE }) { account { id } }',
  ])
    expect(codesOf(await identity.send(`mutation { ${mutation} }`))).toEqual(['UNAUTHENTICATED']);
});

test('the database holds neither an attempt nor a ticket that could be used', async () => {
  const { attempt } = await visit('GOOGLE', newPerson());
  const { ticket } = await offered('GOOGLE', newPerson());
  const { rows } = await sql<{ row: string }>`
    select t::text as row from provider_attempts t union all select t::text from sign_up_tickets t`.execute(
    identity.db,
  );
  const stored = rows.map(({ row }) => row).join('\n');
  for (const token of [attempt, ticket]) expect(stored).not.toContain(token);
});

test.each([10, 50])('the links of %d references cost one statement beside that of their accounts', async (count) => {
  const { account } = await identity.newAccount();
  const representations = Array.from({ length: count }, () => ({ __typename: 'Account', id: account.id }));
  const statements = await statementsDuring(() =>
    identity.send(
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { linkedProviders { linkedAt } } } }',
      { as: userIdentity(account.id), variables: { r: representations } },
    ),
  );
  expect(statements).toHaveLength(2);
});

test('a client without its secret keeps identity from starting', () => {
  const settings = { ...identity.settings, FACEBOOK_CLIENT_SECRET_FILE: '' };
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
  const settings = { ...identity.settings, SIGN_IN_REDIRECT_URLS: `${redirectUrl}, ${url}` };
  expect(() => toConfig(readEnv(settings))).toThrow(/SIGN_IN_REDIRECT_URLS/);
});
