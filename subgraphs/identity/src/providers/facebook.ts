import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { askProvider } from './ask-provider.ts';
import type { ClientOfProvider } from './openid-provider.ts';
import { codeOf, type Provider } from './provider.ts';

const tokenAnswer = z.object({ access_token: z.string().min(1) });
const meAnswer = z.object({ id: z.string().min(1).max(255) });

/** Facebook Login by its Graph API, which does not say whether an email was verified: none is asked for. */
export function createFacebook(options: ClientOfProvider & { dialogUrl: string; graphUrl: string }): Provider {
  const { clientId, clientSecret, dialogUrl, graphUrl } = options;
  return {
    async authorizationUrl({ redirectUrl, state }) {
      const query = {
        client_id: clientId,
        redirect_uri: redirectUrl,
        response_type: 'code',
        scope: 'public_profile',
        state,
      };
      return new URL(`${dialogUrl}?${new URLSearchParams(query)}`);
    },
    async identify(answer) {
      const code = codeOf(answer);
      const exchange = { client_id: clientId, client_secret: clientSecret, redirect_uri: answer.redirectUrl, code };
      const tokenUrl = new URL(`${graphUrl}/oauth/access_token?${new URLSearchParams(exchange)}`);
      const { access_token: token } = await askProvider(tokenUrl, tokenAnswer);
      // Proves that the token is used by who has the secret, and not by who has found the token.
      const proof = createHmac('sha256', clientSecret).update(token).digest('hex');
      const query = new URLSearchParams({ fields: 'id', access_token: token, appsecret_proof: proof });
      const { id } = await askProvider(new URL(`${graphUrl}/me?${query}`), meAnswer);
      return { subject: id, email: undefined };
    },
  };
}
