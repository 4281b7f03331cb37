import { AppError } from '@nova/errors';

/** Companies whose accounts people may sign in with. */
export type ProviderName = 'GOOGLE' | 'FACEBOOK' | 'WECHAT';

/** What a browser is sent to the provider with. */
export type AuthorizationRequest = {
  readonly redirectUrl: string;
  readonly state: string;
  readonly nonce: string;
  /** The PKCE verifier, of which the provider is shown the hash. */
  readonly codeVerifier: string;
};

/** What the browser came back with: the redirect URL, with the provider's answer as its query. */
export type AuthorizationAnswer = AuthorizationRequest & { readonly callbackUrl: URL };

/** Who somebody is at a provider. */
export type ProviderIdentity = {
  /** Never changes, and is nobody else's at this provider. */
  readonly subject: string;
  /** Lower case; undefined unless the provider says that it has verified it. */
  readonly email: string | undefined;
};

export type Provider = {
  /** Throws SERVICE_UNAVAILABLE. */
  authorizationUrl(request: AuthorizationRequest): Promise<URL>;
  /** Throws SIGN_IN_FAILED, SERVICE_UNAVAILABLE. */
  identify(answer: AuthorizationAnswer): Promise<ProviderIdentity>;
};

/** The providers that this installation has a client of. */
export type Providers = ReadonlyMap<ProviderName, Provider>;

/** The same whatever went wrong, so that nothing is learnt from it. */
export function signInFailed(cause?: unknown): AppError {
  return new AppError('SIGN_IN_FAILED', 'The provider did not confirm the sign-in; begin again.', { cause });
}

/** The code of an answer by plain OAuth 2. Throws SIGN_IN_FAILED for an answer to another request, or a refusal. */
export function codeOf({ callbackUrl, state }: AuthorizationAnswer): string {
  const { searchParams } = callbackUrl;
  const code = searchParams.get('code');
  if (searchParams.get('state') !== state || !code) throw signInFailed();
  return code;
}
