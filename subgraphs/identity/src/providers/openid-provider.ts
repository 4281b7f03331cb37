import { isLoopback } from '@nova/runtime';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
} from 'openid-client';
import { failureOfProvider, fetchFromProvider } from './ask-provider.ts';
import { type Provider, signInFailed } from './provider.ts';

export type ClientOfProvider = { readonly clientId: string; readonly clientSecret: string };

/** A provider of OpenID Connect, found by discovery at the first sign-in and remembered. Google is one. */
export function createOpenIdProvider(options: ClientOfProvider & { issuer: string }): Provider {
  let discovered: Promise<Configuration> | undefined;
  const configuration = () => {
    discovered ??= discover(options).catch((error: unknown) => {
      discovered = undefined;
      throw failureOfProvider(error);
    });
    return discovered;
  };
  return {
    async authorizationUrl({ redirectUrl, state, nonce, codeVerifier }) {
      return buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUrl,
        scope: 'openid email',
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      });
    },
    async identify({ callbackUrl, state, nonce, codeVerifier }) {
      const config = await configuration();
      const tokens = await authorizationCodeGrant(config, callbackUrl, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      }).catch((error: unknown) => {
        throw failureOfProvider(error);
      });
      const claims = tokens.claims();
      if (!claims) throw signInFailed();
      const { sub: subject, email, email_verified: isVerified } = claims;
      const isTrusted = isVerified === true && typeof email === 'string';
      return { subject, email: isTrusted ? email.toLowerCase() : undefined };
    },
  };
}

function discover({ issuer, clientId, clientSecret }: ClientOfProvider & { issuer: string }): Promise<Configuration> {
  const url = new URL(issuer);
  const isOwnMachine = url.protocol === 'http:' && isLoopback(url.hostname);
  return discovery(url, clientId, clientSecret, undefined, {
    [customFetch]: (address, init) => fetchFromProvider(address, init as RequestInit),
    execute: [enableNonRepudiationChecks, ...(isOwnMachine ? [allowInsecureRequests] : [])],
  });
}
