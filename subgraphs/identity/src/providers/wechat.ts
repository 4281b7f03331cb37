import { z } from 'zod';
import { askProvider } from './ask-provider.ts';
import type { ClientOfProvider } from './openid-provider.ts';
import { codeOf, type Provider } from './provider.ts';

/** A refusal has status 200, `errcode` and no openid. */
const tokenAnswer = z.object({ openid: z.string().min(1).max(255) });

/** WeChat's sign-in of websites by QR code: OAuth 2 with names of its own. It knows no emails. */
export function createWechat(options: ClientOfProvider & { authorizeUrl: string; tokenUrl: string }): Provider {
  const { clientId, clientSecret, authorizeUrl, tokenUrl } = options;
  return {
    async authorizationUrl({ redirectUrl, state }) {
      const query = { appid: clientId, redirect_uri: redirectUrl, response_type: 'code', scope: 'snsapi_login', state };
      return new URL(`${authorizeUrl}?${new URLSearchParams(query)}#wechat_redirect`);
    },
    async identify(answer) {
      const exchange = {
        appid: clientId,
        secret: clientSecret,
        code: codeOf(answer),
        grant_type: 'authorization_code',
      };
      const { openid } = await askProvider(new URL(`${tokenUrl}?${new URLSearchParams(exchange)}`), tokenAnswer);
      return { subject: openid, email: undefined };
    },
  };
}
