import { createHash, createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { type JWK, type JWTPayload, SignJWT } from 'jose';

/** Who is signed in at a company in the test's browser. */
export type Person = { readonly id: string; readonly email?: string; readonly isEmailVerified?: boolean };

/** What the companies know and how they behave. */
export type Companies = {
  readonly origin: string;
  readonly keys: { readonly jwk: JWK; readonly own: KeyObject; readonly strangers: KeyObject };
  readonly grants: Map<string, { readonly person: Person; readonly query: URLSearchParams }>;
  readonly state: {
    person: Person;
    /** Where an ID token differs from what it should be. */
    claims: JWTPayload;
    isSignedByStranger: boolean;
    isAway: boolean;
    /** Codes that were presented. */
    exchanges: number;
  };
};

export type Answer = { status?: number; headers?: Record<string, string>; body?: object };

export const clientId = 'nova-at-a-company';
export const clientSecret = 'a secret of the client';

/** OpenID Connect discovery. */
export function metadata({ origin }: Companies): Answer {
  return {
    body: {
      issuer: origin,
      authorization_endpoint: `${origin}/authorize`,
      token_endpoint: `${origin}/token`,
      jwks_uri: `${origin}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      code_challenge_methods_supported: ['S256'],
    },
  };
}

/** The person agrees at once. */
export function authorize({ grants, state }: Companies, query: URLSearchParams): Answer {
  const code = randomBytes(16).toString('hex');
  grants.set(code, { person: state.person, query });
  const back = new URL(query.get('redirect_uri') ?? '');
  back.searchParams.set('code', code);
  back.searchParams.set('state', query.get('state') ?? '');
  return { status: 302, headers: { location: back.href } };
}

/** Each code is good once. */
function take({ grants, state }: Companies, code: string | null) {
  state.exchanges += 1;
  const grant = grants.get(code ?? '');
  grants.delete(code ?? '');
  return grant;
}

export async function googleToken(companies: Companies, form: URLSearchParams): Promise<Answer> {
  const { origin, keys, state } = companies;
  const grant = take(companies, form.get('code'));
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url');
  const isRight =
    grant?.query.get('code_challenge') === challenge &&
    grant.query.get('code_challenge_method') === 'S256' &&
    grant.query.get('redirect_uri') === form.get('redirect_uri') &&
    form.get('client_id') === clientId &&
    form.get('client_secret') === clientSecret;
  if (!grant || !isRight) return { status: 400, body: { error: 'invalid_grant' } };
  const { id, email, isEmailVerified } = grant.person;
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: origin, aud: clientId, sub: id, iat: now, exp: now + 300, nonce: grant.query.get('nonce') };
  const idToken = await new SignJWT({ ...claims, email, email_verified: isEmailVerified, ...state.claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .sign(state.isSignedByStranger ? keys.strangers : keys.own);
  return { body: { access_token: randomBytes(8).toString('hex'), token_type: 'Bearer', id_token: idToken } };
}

export function facebookToken(companies: Companies, query: URLSearchParams): Answer {
  const grant = take(companies, query.get('code'));
  const isRight = query.get('client_secret') === clientSecret && query.get('client_id') === clientId;
  if (!grant || !isRight || query.get('redirect_uri') !== grant.query.get('redirect_uri'))
    return { status: 400, body: { error: { message: 'Error validating verification code.', code: 100 } } };
  return { body: { access_token: `of ${grant.person.id}`, token_type: 'bearer' } };
}

export function facebookMe({ state }: Companies, query: URLSearchParams): Answer {
  const token = query.get('access_token') ?? '';
  const proof = createHmac('sha256', clientSecret).update(token).digest('hex');
  if (query.get('appsecret_proof') !== proof) return { status: 400, body: { error: { message: 'Invalid proof.' } } };
  return { body: { id: token.slice(3), email: state.person.email } };
}

/** A refusal has status 200 too. */
export function wechatToken(companies: Companies, query: URLSearchParams): Answer {
  const grant = take(companies, query.get('code'));
  const headers = { 'content-type': 'text/plain' };
  if (!grant || query.get('secret') !== clientSecret || query.get('appid') !== clientId)
    return { headers, body: { errcode: 40_029, errmsg: 'invalid code' } };
  return { headers, body: { access_token: 'token', openid: grant.person.id, scope: 'snsapi_login' } };
}
