import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newPerson, type ProviderSignIn, providers, startProviderSignIn } from './_provider-sign-in.ts';
import { codesOf, password, uniqueUsername } from './identity-under-test.ts';

let world: ProviderSignIn;
beforeAll(async () => {
  world = await startProviderSignIn();
});
afterAll(() => world?.stop());
beforeEach(() => world.reset());

test.each(providers)(
  'whom %s confirms makes an account with a ticket and a username, and signs in to it from then on',
  async (provider) => {
    const person = newPerson();
    const account = await world.newcomer(provider, person);
    for (let time = 1; time <= 2; time += 1) {
      const answer = await world.signIn(provider, person);
      expect(answer.data.completeSignIn.account.id).toBe(account.id);
      const { refreshToken } = answer.data.completeSignIn;
      expect((await world.identity.refresh({ refreshToken })).errors).toEqual([]);
    }
    expect(codesOf(await world.identity.login({ email: account.email, password }))).toEqual(['INVALID_CREDENTIALS']);
    const events = await sql`
    select from outbox_events where key = ${account.id} and type = 'identity.account_registered'`.execute(
      world.identity.db,
    );
    expect(events.rows).toHaveLength(1);
  },
);

test('the same id at two companies is two people', async () => {
  const person = newPerson();
  const account = await world.newcomer('FACEBOOK', person);
  await world.offered('WECHAT', person);
  expect((await world.signIn('FACEBOOK', person)).data.completeSignIn.account.id).toBe(account.id);
});

test('an email that Google has verified is that of the account, unless the person gives another', async () => {
  const person = newPerson();
  const { ticket, email } = await world.offered('GOOGLE', person);
  expect(email).toBe(person.email);
  const answer = await world.register({ ticket, username: uniqueUsername() });
  expect(answer.data.registerWithProvider.account.email).toBe(person.email);
});

test.each([
  ['Google has not verified', 'GOOGLE', false],
  ['Google says nothing of', 'GOOGLE', undefined],
  ['Facebook tells', 'FACEBOOK', true],
] as const)('an email that %s counts for nothing', async (_whose, provider, isEmailVerified) => {
  const { account } = await world.identity.newAccount();
  const person = { ...newPerson(), email: account.email, isEmailVerified };
  const { ticket, email } = await world.offered(provider, person);
  expect(email).toBeNull();
  const answer = await world.register({ ticket, username: uniqueUsername() });
  expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', field: 'email' } }]);
  const taken = await world.register({ ticket, username: uniqueUsername(), email: account.email });
  expect(codesOf(taken)).toEqual(['EMAIL_TAKEN']);
});

test('a verified email lets nobody in to the account that somebody registered with it', async () => {
  const { account } = await world.identity.newAccount();
  const answer = await world.signIn('GOOGLE', {
    id: uniqueUsername(),
    email: account.email.toUpperCase(),
    isEmailVerified: true,
  });
  expect(codesOf(answer)).toEqual(['EMAIL_TAKEN']);
});

test('a ticket makes one account, and outlives names that are taken', async () => {
  const { account } = await world.identity.newAccount();
  const { ticket } = await world.offered('GOOGLE', newPerson());
  expect(codesOf(await world.register({ ticket, username: account.username }))).toEqual(['USERNAME_TAKEN']);
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => {
      const username = uniqueUsername();
      return world.register({ ticket, username, email: `${username}@example.com` });
    }),
  );
  expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  expect(answers.flatMap(codesOf)).toEqual(Array(9).fill('SIGN_IN_FAILED'));
});

test('two tickets of one person make one account', async () => {
  const person = newPerson();
  const tickets = [(await world.offered('GOOGLE', person)).ticket, (await world.offered('GOOGLE', person)).ticket];
  const answers = await Promise.all(
    tickets.map((ticket) => {
      const username = uniqueUsername();
      return world.register({ ticket, username, email: `${username}@example.com` });
    }),
  );
  expect(answers.flatMap(codesOf)).toEqual(['CONFLICT']);
});

test('a ticket that is unknown or has expired makes no account', async () => {
  const { ticket } = await world.offered('GOOGLE', newPerson());
  await sql`update sign_up_tickets set expires_at = now()`.execute(world.identity.db);
  for (const tried of [ticket, 'x', 'A'.repeat(43)])
    expect(codesOf(await world.register({ ticket: tried, username: uniqueUsername() }))).toEqual(['SIGN_IN_FAILED']);
});
