import { statementsDuring, userIdentity } from '@nova/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newPerson, type ProviderSignIn, startProviderSignIn } from './_provider-sign-in.ts';
import { codesOf, password } from './identity-under-test.ts';
import { redirectUrl } from './sign-in-companies.ts';

let world: ProviderSignIn;
beforeAll(async () => {
  world = await startProviderSignIn();
});
afterAll(() => world?.stop());
beforeEach(() => world.reset());

test("who is signed in links a company's account and signs in by either", async () => {
  const { account } = await world.identity.newAccount();
  const person = newPerson();
  const linked = await world.link(account.id, 'GOOGLE', person);
  expect(linked.data.completeLink.account).toEqual({ id: account.id, linkedProviders: [{ provider: 'GOOGLE' }] });
  expect((await world.signIn('GOOGLE', person)).data.completeSignIn.account.id).toBe(account.id);
  expect((await world.identity.login({ email: account.email, password })).errors).toEqual([]);
});

test('one account of a company is linked with one account, and the other way round', async () => {
  const [mine, other] = [(await world.identity.newAccount()).account, (await world.identity.newAccount()).account];
  const person = newPerson();
  await world.link(mine.id, 'WECHAT', person);
  expect(codesOf(await world.link(other.id, 'WECHAT', person))).toEqual(['CONFLICT']);
  expect(codesOf(await world.link(mine.id, 'WECHAT', newPerson()))).toEqual(['CONFLICT']);
});

test("of ten links of one company's account at the same time one holds", async () => {
  const person = newPerson();
  const accounts = await Promise.all(Array.from({ length: 10 }, () => world.identity.newAccount()));
  const answers = await Promise.all(accounts.map(({ account }) => world.link(account.id, 'FACEBOOK', person)));
  expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  expect(answers.flatMap(codesOf)).toEqual(Array(9).fill('CONFLICT'));
});

test("an attempt to link is no sign-in, nor anybody else's link", async () => {
  const [mine, other] = [(await world.identity.newAccount()).account, (await world.identity.newAccount()).account];
  world.companies.state.person = newPerson();
  const begun = async () => {
    const { url, attempt } = (await world.beginLink(mine.id, 'GOOGLE')).data.beginLink;
    return { attempt, callbackUrl: await world.companies.visit(url) };
  };
  expect(codesOf(await world.complete(await begun()))).toEqual(['SIGN_IN_FAILED']);
  expect(codesOf(await world.completeLink(other.id, await begun()))).toEqual(['SIGN_IN_FAILED']);
  expect(codesOf(await world.completeLink(mine.id, await world.visit('GOOGLE', newPerson())))).toEqual([
    'SIGN_IN_FAILED',
  ]);
});

test('the last way in is not taken away', async () => {
  const account = await world.newcomer('GOOGLE', newPerson());
  expect(codesOf(await world.unlink(account.id, 'FACEBOOK'))).toEqual(['NOT_FOUND']);
  expect(codesOf(await world.unlink(account.id, 'GOOGLE'))).toEqual(['CONFLICT']);
  const person = newPerson();
  await world.link(account.id, 'FACEBOOK', person);
  const both = await Promise.all([world.unlink(account.id, 'GOOGLE'), world.unlink(account.id, 'FACEBOOK')]);
  expect(both.flatMap(codesOf)).toEqual(['CONFLICT']);
  const { account: withPassword } = await world.identity.newAccount();
  await world.link(withPassword.id, 'GOOGLE', newPerson());
  expect((await world.unlink(withPassword.id, 'GOOGLE')).data.unlinkProvider.account.linkedProviders).toEqual([]);
});

test('nobody who is not signed in links or unlinks', async () => {
  for (const mutation of [
    `beginLink(input: { provider: GOOGLE, redirectUrl: "${redirectUrl}" }) { url }`,
    'completeLink(input: { attempt: "x", callbackUrl: "https://x.test" }) { account { id } }',
    'unlinkProvider(input: { provider: GOOGLE }) { account { id } }',
  ])
    expect(codesOf(await world.identity.send(`mutation { ${mutation} }`))).toEqual(['UNAUTHENTICATED']);
});

test.each([10, 50])('the links of %d references cost one statement beside that of their accounts', async (count) => {
  const { account } = await world.identity.newAccount();
  const representations = Array.from({ length: count }, () => ({ __typename: 'Account', id: account.id }));
  const statements = await statementsDuring(() =>
    world.identity.send(
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { linkedProviders { linkedAt } } } }',
      { as: userIdentity(account.id), variables: { r: representations } },
    ),
  );
  expect(statements).toHaveLength(2);
});
