import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type subgraphClient, userIdentity } from '@nova/testkit';
import { expect } from 'vitest';
import { clientSecret, type Person } from './company-endpoints.ts';
import { startIdentity, uniqueUsername } from './identity-under-test.ts';
import { redirectUrl, startSignInCompanies } from './sign-in-companies.ts';

export type Provider = 'GOOGLE' | 'FACEBOOK' | 'WECHAT';
export const providers: Provider[] = ['GOOGLE', 'FACEBOOK', 'WECHAT'];

export const newPerson = (): Person => ({
  id: uniqueUsername(),
  email: `${uniqueUsername()}@example.com`,
  isEmailVerified: true,
});

export type ProviderSignIn = Awaited<ReturnType<typeof startProviderSignIn>>;

/** Identity as a client of companies that stand in for the real ones, and what people do at both. */
export async function startProviderSignIn() {
  const directory = mkdtempSync(join(tmpdir(), 'nova-client-secret-'));
  const secretFile = join(directory, 'secret');
  writeFileSync(secretFile, `${clientSecret}\n`);
  const companies = await startSignInCompanies();
  const settings = companies.settings(secretFile);
  const identity = await startIdentity(settings);
  const mutations = mutationsOf(identity.send);

  /** Sent to a provider and back, with what `completeSignIn` takes. */
  async function visit(provider: Provider, person: Person) {
    companies.state.person = person;
    const { url, attempt } = (await mutations.begin({ provider, redirectUrl })).data.beginSignIn;
    return { attempt, callbackUrl: await companies.visit(url) };
  }

  const signIn = async (provider: Provider, person: Person) => mutations.complete(await visit(provider, person));

  /** What SIGN_UP_REQUIRED says. */
  async function offered(provider: Provider, person: Person) {
    const [error] = (await signIn(provider, person)).errors;
    expect(error?.extensions.code).toBe('SIGN_UP_REQUIRED');
    return error?.extensions as unknown as { ticket: string; email: string | null; expiresAt: string };
  }

  async function newcomer(provider: Provider, person: Person) {
    const { ticket } = await offered(provider, person);
    const email = `${uniqueUsername()}@example.com`;
    const answer = await mutations.register({ ticket, username: uniqueUsername(), email });
    expect(answer.errors).toEqual([]);
    return answer.data.registerWithProvider.account as { id: string; email: string; username: string };
  }

  async function link(accountId: string, provider: Provider, person: Person) {
    companies.state.person = person;
    const { url, attempt } = (await mutations.beginLink(accountId, provider)).data.beginLink;
    return mutations.completeLink(accountId, { attempt, callbackUrl: await companies.visit(url) });
  }

  return {
    identity,
    companies,
    settings,
    ...mutations,
    visit,
    signIn,
    offered,
    newcomer,
    link,
    /** The companies behave again. */
    reset() {
      Object.assign(companies.state, { claims: {}, isSignedByStranger: false, isAway: false, exchanges: 0 });
    },
    async stop() {
      await identity.stopAll();
      await companies.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const started = 'url attempt expiresAt';
const session = 'accessToken refreshToken account { id email username }';

function mutationsOf(send: ReturnType<typeof subgraphClient>) {
  const mutate = (field: string, { type, selection }: { type: string; selection: string }) => {
    const document = `mutation ($input: ${type}!) { ${field}(input: $input) { ${selection} } }`;
    return (input: object, accountId?: string) =>
      send(document, { variables: { input }, ...(accountId && { as: userIdentity(accountId) }) });
  };
  const beginLink = mutate('beginLink', { type: 'BeginSignInInput', selection: started });
  const linked = 'account { id linkedProviders { provider } }';
  const completeLink = mutate('completeLink', { type: 'CompleteSignInInput', selection: linked });
  const left = 'account { linkedProviders { provider } }';
  const unlink = mutate('unlinkProvider', { type: 'UnlinkProviderInput', selection: left });
  return {
    begin: mutate('beginSignIn', { type: 'BeginSignInInput', selection: started }),
    complete: mutate('completeSignIn', { type: 'CompleteSignInInput', selection: session }),
    register: mutate('registerWithProvider', { type: 'RegisterWithProviderInput', selection: session }),
    beginLink: (accountId: string, provider: Provider) => beginLink({ provider, redirectUrl }, accountId),
    completeLink: (accountId: string, input: object) => completeLink(input, accountId),
    unlink: (accountId: string, provider: Provider) => unlink({ provider }, accountId),
  };
}
