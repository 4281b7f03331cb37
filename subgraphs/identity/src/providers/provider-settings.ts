import { type AppEnv, ConfigError, isLoopback, readKeyFile, type SettingValues, setting } from '@nova/runtime';
import { createFacebook } from './facebook.ts';
import { type ClientOfProvider, createOpenIdProvider } from './openid-provider.ts';
import type { Provider, ProviderName, Providers } from './provider.ts';
import { createWechat } from './wechat.ts';

const clientId = (company: string) =>
  setting.string({
    optional: true,
    description: `Client id at ${company}; without it nobody signs in with ${company}.`,
  });
const secretFile = (company: string) =>
  setting.string({ optional: true, description: `File with the client's secret at ${company}.` });
const endpoint = (url: string, description: string) => setting.url({ default: url, description });

export const providerSettings = {
  SIGN_IN_REDIRECT_URLS: setting.list({
    description:
      'Pages, separated by commas, to which providers may send browsers back; https, without a query, as registered with each of them.',
  }),
  GOOGLE_CLIENT_ID: clientId('Google'),
  GOOGLE_CLIENT_SECRET_FILE: secretFile('Google'),
  GOOGLE_ISSUER: endpoint('https://accounts.google.com', 'Whose OpenID Connect discovery is asked.'),
  FACEBOOK_CLIENT_ID: clientId('Facebook'),
  FACEBOOK_CLIENT_SECRET_FILE: secretFile('Facebook'),
  FACEBOOK_DIALOG_URL: endpoint('https://www.facebook.com/v23.0/dialog/oauth', 'Where browsers are sent.'),
  FACEBOOK_GRAPH_URL: endpoint('https://graph.facebook.com/v23.0', 'The Graph API.'),
  WECHAT_CLIENT_ID: clientId('WeChat'),
  WECHAT_CLIENT_SECRET_FILE: secretFile('WeChat'),
  WECHAT_AUTHORIZE_URL: endpoint('https://open.weixin.qq.com/connect/qrconnect', 'Where browsers are sent.'),
  WECHAT_TOKEN_URL: endpoint('https://api.weixin.qq.com/sns/oauth2/access_token', 'Where codes are exchanged.'),
};

/** Throws ConfigError for a page that is not over TLS (but on one's own machine), or that has a query of its own. */
export function toRedirectUrls(urls: readonly string[]): readonly string[] {
  const refused = urls.filter((text) => !isPage(URL.parse(text)));
  if (refused.length === 0) return urls;
  throw new ConfigError([`SIGN_IN_REDIRECT_URLS holds https URLs without query and fragment, not ${refused.join()}`]);
}

function isPage(url: URL | null): boolean {
  if (!url || url.search || url.hash) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

type Values = SettingValues<typeof providerSettings>;

/** Reads the secrets; throws ConfigError for a client without one. */
export function toProviders(env: Values, appEnv: AppEnv): Providers {
  const makers: Record<ProviderName, (client: ClientOfProvider) => Provider> = {
    GOOGLE: (client) => createOpenIdProvider({ ...client, issuer: env.GOOGLE_ISSUER }),
    FACEBOOK: (client) =>
      createFacebook({ ...client, dialogUrl: env.FACEBOOK_DIALOG_URL, graphUrl: env.FACEBOOK_GRAPH_URL }),
    WECHAT: (client) =>
      createWechat({ ...client, authorizeUrl: env.WECHAT_AUTHORIZE_URL, tokenUrl: env.WECHAT_TOKEN_URL }),
  };
  const entries = Object.entries(makers).flatMap(([key, make]) => {
    const name = key as ProviderName;
    const id = env[`${name}_CLIENT_ID`];
    return id === undefined ? [] : [[name, make({ clientId: id, clientSecret: secretOf(name, env, appEnv) })] as const];
  });
  return new Map(entries);
}

function secretOf(name: ProviderName, env: Values, appEnv: AppEnv): string {
  const settingName = `${name}_CLIENT_SECRET_FILE` as const;
  const file = env[settingName];
  if (file === undefined) throw new ConfigError([`${settingName} is required with ${name}_CLIENT_ID`]);
  return readKeyFile(settingName, file, appEnv).trim();
}
