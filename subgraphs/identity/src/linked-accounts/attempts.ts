import { AppError } from '@nova/errors';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import {
  type Provider,
  type ProviderIdentity,
  type ProviderName,
  type Providers,
  signInFailed,
} from '../providers/provider.ts';
import { createSecretToken, hashSecretToken } from '../secret-token.ts';
import { insertAttempt, takeAttempt } from './attempt-repository.ts';

export type BegunAttempt = {
  /** Where the browser is sent. */
  readonly url: string;
  /** Kept by the client that began and sent with the provider's answer, so that nobody else's answer is taken for it. */
  readonly attempt: string;
  readonly expiresAt: Date;
};

export type Confirmed = ProviderIdentity & { readonly provider: ProviderName };

export type Attempts = {
  /** `accountId` is the account to be linked, null for a sign-in. Throws BAD_USER_INPUT, SERVICE_UNAVAILABLE. */
  begin(input: { provider: ProviderName; redirectUrl: string; accountId: string | null }): Promise<BegunAttempt>;
  /** Who the provider says it was; works once for each attempt. Throws SIGN_IN_FAILED, BAD_USER_INPUT, SERVICE_UNAVAILABLE. */
  complete(input: { attempt: string; callbackUrl: string; accountId: string | null }): Promise<Confirmed>;
};

const lifetimeSeconds = 600;
const maxCallbackLength = 4_096;

export function createAttempts(deps: {
  db: Kysely<Tables>;
  providers: Providers;
  redirectUrls: readonly string[];
}): Attempts {
  const { db, providers, redirectUrls } = deps;
  return {
    async begin({ provider, redirectUrl, accountId }) {
      const asked = requireProvider(providers, provider);
      if (!redirectUrls.includes(redirectUrl))
        throw new AppError('BAD_USER_INPUT', 'redirectUrl must be one of SIGN_IN_REDIRECT_URLS.', {
          details: { field: 'redirectUrl' },
        });
      const [state, nonce, codeVerifier] = [secret(), secret(), secret()];
      const request = { redirectUrl, state, nonce, codeVerifier };
      const url = await asked.authorizationUrl(request);
      const { token, hash } = createSecretToken();
      const expiresAt = await insertAttempt(db, { ...request, provider, accountId }, { hash, lifetimeSeconds });
      return { url: url.href, attempt: token, expiresAt };
    },
    async complete({ attempt, callbackUrl, accountId }) {
      const query = queryOf(callbackUrl);
      const hash = hashSecretToken(attempt);
      const begun = hash && (await takeAttempt(db, hash));
      if (!begun || begun.accountId !== accountId) throw signInFailed();
      const { provider, ...request } = begun;
      const answer = { ...request, callbackUrl: withQuery(begun.redirectUrl, query) };
      return { provider, ...(await requireProvider(providers, provider).identify(answer)) };
    },
  };
}

const secret = () => createSecretToken().token;

function requireProvider(providers: Providers, name: ProviderName): Provider {
  const provider = providers.get(name);
  if (!provider)
    throw new AppError('BAD_USER_INPUT', 'This provider is not set up here; signInProviders says which are.', {
      details: { field: 'provider' },
    });
  return provider;
}

function queryOf(callbackUrl: string): string {
  if (callbackUrl.length <= maxCallbackLength && URL.canParse(callbackUrl)) return new URL(callbackUrl).search;
  throw new AppError('BAD_USER_INPUT', 'callbackUrl is the URL to which the provider sent the browser back.', {
    details: { field: 'callbackUrl' },
  });
}

/** The page is the one that was registered, whatever the client says; only the provider's answer is the client's to tell. */
function withQuery(redirectUrl: string, search: string): URL {
  const url = new URL(redirectUrl);
  url.search = search;
  return url;
}
