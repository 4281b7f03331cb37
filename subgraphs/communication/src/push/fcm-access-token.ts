import { importPKCS8, SignJWT } from 'jose';
import { z } from 'zod';

/** What Nova reads of a Google service account's key file. */
export const serviceAccountSchema = z.object({
  project_id: z.string().min(1),
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  token_uri: z.url(),
});
export type ServiceAccount = z.infer<typeof serviceAccountSchema>;

export type AccessToken = {
  /** The token to send with; asks for one when there is none that is good for another minute. */
  get(): Promise<string>;
  /** After the service refused it. */
  forget(): void;
};

const scope = 'https://www.googleapis.com/auth/firebase.messaging';
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const timeoutMs = 5_000;
const marginMs = 60_000;

const answerSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

/** OAuth 2.0 of a service account (RFC 7523): a JWT that it signs, for a token of an hour. Many who ask at once share one request. */
export function createFcmAccessToken(account: ServiceAccount): AccessToken {
  let current: Promise<{ token: string; expiresAtMs: number }> | undefined;
  return {
    async get() {
      const earlier = current;
      const known = await earlier?.catch(() => undefined);
      if (known && known.expiresAtMs - marginMs > Date.now()) return known.token;
      if (current === earlier) current = undefined;
      current ??= requestToken(account).catch((error: unknown) => {
        current = undefined;
        throw error;
      });
      return (await current).token;
    },
    forget() {
      current = undefined;
    },
  };
}

async function requestToken(account: ServiceAccount): Promise<{ token: string; expiresAtMs: number }> {
  const assertion = await new SignJWT({ scope })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer(account.client_email)
    .setAudience(account.token_uri)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(await importPKCS8(account.private_key, 'RS256'));
  const response = await fetch(account.token_uri, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: grantType, assertion }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!response.ok) throw new Error(`The token endpoint answered ${response.status}.`);
  const { access_token: token, expires_in: seconds } = answerSchema.parse(await response.json());
  return { token, expiresAtMs: Date.now() + seconds * 1_000 };
}
