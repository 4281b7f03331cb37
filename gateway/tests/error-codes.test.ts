import type { ServerResponse } from 'node:http';
import { type ErrorCode, errorCodes } from '@nova/errors';
import { createLogger } from '@nova/runtime';
import { postGraphql, startFederation, type TestFederation } from '@nova/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { createGateway } from '../src/gateway.ts';
import { startTangledWorld } from './_tangled-supergraph.ts';
import { type Answer, startWorld, type World, type WorldOptions } from './_world.ts';

/** What a client is told; `extensions` of the first error. */
type Told = { readonly status: number; readonly extensions: Readonly<Record<string, unknown>> };
type Trigger = () => Promise<Told>;

let world: World;
let nova: TestFederation;
beforeAll(async () => {
  [world, nova] = await Promise.all([startWorld(), startFederation({ env: { RATE_LIMIT_FIELDS: 'login=100/60' } })]);
});
afterAll(() => Promise.all([world.stop(), nova.stop()]));

const told = ({ status, refusal }: Answer): Told => ({ status, extensions: refusal });
const repeat = (count: number, part: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => part(at)).join(' ');
/** A mutation of somebody who is signed in. */
const mutate = async (it: World, query: string, key?: string): Promise<Answer> =>
  it.post(
    { query },
    { authorization: `Bearer ${await it.issuer.token()}`, ...(key !== undefined && { 'x-idempotency-key': key }) },
  );
const preflight = { 'apollo-require-preflight': 'true' };

/** Any JSON body, to a gateway whose subgraphs are in memory. */
const send =
  (body: unknown, headers?: Record<string, string>): Trigger =>
  async () =>
    told(await world.post(body, headers));
const ask = (query: string, headers?: Record<string, string>): Trigger => send({ query }, headers);

/** To a gateway with other settings, of its own. */
const elsewhere =
  (env: Record<string, string>, use: (it: World) => Promise<Answer>, options?: WorldOptions): Trigger =>
  async () => {
    const other = await startWorld(env, options);
    onTestFinished(() => other.stop());
    return told(await use(other));
  };

/** To a gateway whose content subgraph does this. */
const misbehaving = (
  misbehaviour: (response: ServerResponse) => void,
  { env = {}, ...options }: WorldOptions & { env?: Record<string, string> } = {},
): Trigger =>
  elsewhere(
    env,
    async (it) => {
      it.subgraphs.content.misbehave((_request, response) => misbehaviour(response));
      return it.post({ query: '{ posts { nodes { id } } }' });
    },
    options,
  );

/** The subgraph refuses with a code that no command of Nova's own subgraphs gives on demand. */
const saying = (code: ErrorCode): Trigger =>
  misbehaving((response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ data: { posts: null }, errors: [{ message: 'No.', path: ['posts'], extensions: { code } }] }),
    );
  });

let people = 0;
const newPerson = () => {
  people += 1;
  return { email: `p${people}@nova.test`, username: `person_${people}`, password: 'correct horse battery' };
};

/** To the whole system over PostgreSQL. */
async function inNova(query: string, input: object = {}, accessToken?: string): Promise<Told> {
  const headers: Record<string, string> = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
  const { status, errors } = await postGraphql(nova.url, { query, variables: { input } }, headers);
  return { status, extensions: errors[0]?.extensions ?? {} };
}

async function register(person: ReturnType<typeof newPerson>): Promise<{ accessToken: string; refreshToken: string }> {
  const query = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken refreshToken } }';
  return (await postGraphql(nova.url, { query, variables: { input: person } })).data.register;
}

const registerAgain = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }';
const login = 'mutation ($input: LoginInput!) { login(input: $input) { accessToken } }';
const loginWithTotp = 'mutation ($input: LoginWithTotpInput!) { loginWithTotp(input: $input) { accessToken } }';
const createPost = 'mutation { createPost(input: { body: "Hello" }) { post { id } } }';

async function inDatabase(sql: string, value: string): Promise<void> {
  const client = new pg.Client({ connectionString: nova.subgraphs.database.adminUrl });
  await client.connect();
  await client.query(sql, [value]).finally(() => client.end());
}

/** With the right password, of an account that has a second factor. */
async function protectedLogin(): Promise<Told> {
  const person = newPerson();
  await register(person);
  await inDatabase(
    `insert into identity.totp_factors (account_id, sealed_secret, confirmed_at)
     select id, '', now() from identity.accounts where email = $1`,
    person.email,
  );
  return inNova(login, { email: person.email, password: person.password });
}

const triggers: Readonly<Record<ErrorCode, Trigger>> = {
  BAD_REQUEST: send({ query: 7 }),
  MALFORMED_JSON: send('{'),
  UNSUPPORTED_MEDIA_TYPE: send('{}', { 'content-type': 'text/plain' }),
  BODY_TOO_LARGE: elsewhere({ MAX_BODY_BYTES: '100' }, (it) => it.post({ query: ' '.repeat(100) })),
  HEADER_LIMIT_EXCEEDED: send({}, Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`x-${at}`, '1']))),
  BATCHING_DISABLED: send([]),
  MISSING_QUERY: send({}),
  CSRF_PREVENTED: async () => told(await world.get('/graphql?query={__typename}')),
  METHOD_NOT_ALLOWED: async () => told(await world.get(`/graphql?query=${encodeURIComponent(createPost)}`, preflight)),
  ROUTE_NOT_FOUND: async () => told(await world.get('/nowhere')),
  GRAPHQL_PARSE_FAILED: ask('{'),
  GRAPHQL_VALIDATION_FAILED: ask('{ nothing }'),
  UNKNOWN_OPERATION: send({ query: 'query A { __typename }', operationName: 'B' }),
  SUBSCRIPTIONS_UNSUPPORTED: ask('subscription { posts { nodes { id } } }'),
  BAD_USER_INPUT: ask('query ($id: ID!) { post(id: $id) { id } }'),
  INVALID_CURSOR: ask('{ posts(after: "nonsense") { nodes { id } } }'),
  INVALID_PAGE_SIZE: ask('{ posts(first: -1) { nodes { id } } }'),
  TOKEN_LIMIT_EXCEEDED: ask(`{ ${repeat(2_001, () => 'id')} }`),
  DEPTH_LIMIT_EXCEEDED: ask(`{ post(id: 1) { ${'author { posts { nodes { '.repeat(4)} id ${'} } }'.repeat(4)} } }`),
  ALIAS_LIMIT_EXCEEDED: ask(`{ ${repeat(31, (at) => `a${at}: __typename`)} }`),
  DIRECTIVE_LIMIT_EXCEEDED: ask(`{ ${repeat(51, () => '__typename @skip(if: true)')} }`),
  FIELD_LIMIT_EXCEEDED: ask(`{ post(id: 1) { ${repeat(51, () => 'id')} } }`),
  ROOT_FIELD_LIMIT_EXCEEDED: ask(`{ ${repeat(21, () => '__typename')} }`),
  SELECTION_LIMIT_EXCEEDED: ask(
    `{ post(id: 1) { ${repeat(40, () => '...A')} } } fragment A on Post { ${repeat(30, () => 'id')} }`,
  ),
  COMPLEXITY_LIMIT_EXCEEDED: ask('{ posts(first: 5000) { nodes { id } } }'),
  PLANNING_LIMIT_EXCEEDED: async () => {
    const { world: tangled, hardQuery } = await startTangledWorld();
    onTestFinished(() => tangled.stop());
    return told(await tangled.post({ query: hardQuery }));
  },
  FETCH_LIMIT_EXCEEDED: elsewhere({ MAX_FETCHES: '1' }, (it) =>
    it.post({ query: '{ post(id: "p1") { author { username } } }' }),
  ),
  WAVE_LIMIT_EXCEEDED: elsewhere({ MAX_WAVES: '1' }, (it) =>
    it.post({ query: '{ post(id: "p1") { author { username } } }' }),
  ),
  RPC_LIMIT_EXCEEDED: async () => {
    const { accessToken } = await register(newPerson());
    const config = toConfig(readEnv({ ...nova.gatewayEnv, MAX_RPC_CALLS: '0' }));
    const stingy = await createGateway(config, { log: createLogger({ service: 'test', level: 'silent' }) });
    onTestFinished(() => stingy.stop());
    const authorization = `Bearer ${accessToken}`;
    const { status, errors } = await postGraphql(`${stingy.url}/graphql`, { query: createPost }, { authorization });
    return { status, extensions: errors[0]?.extensions ?? {} };
  },
  ENTITY_LIMIT_EXCEEDED: elsewhere({ MAX_ENTITIES: '1' }, (it) => {
    // Without what may not be null nothing is left of the posts.
    it.subgraphs.content.distort((value) => (typeof value === 'string' && value.startsWith('Post ') ? null : value));
    const of = (id: string) => `post(id: "${id}") { body author { username } }`;
    return it.post({ query: `{ a: ${of('p1')} b: ${of('p2')} }` });
  }),
  PERSISTED_QUERY_NOT_FOUND: send({ documentId: 'f'.repeat(64) }),
  PERSISTED_QUERY_REQUIRED: elsewhere({ PERSISTED_POLICY: 'id-only' }, (it) => it.post({ query: '{ __typename }' })),
  UNAUTHENTICATED: ask(createPost),
  ACCESS_TOKEN_INVALID: ask('{ __typename }', { authorization: 'Bearer x' }),
  ACCESS_TOKEN_EXPIRED: async () => {
    const authorization = `Bearer ${await world.issuer.token({ expiresInSeconds: -1 })}`;
    return told(await world.post({ query: '{ __typename }' }, { authorization }));
  },
  ACCESS_TOKEN_REVOKED: async () => {
    const { accessToken, refreshToken } = await register(newPerson());
    await inNova('mutation ($input: LogoutInput!) { logout(input: $input) { loggedOut } }', { refreshToken });
    const isRefused = async () => {
      const met = await inNova('{ viewer { id } }', undefined, accessToken);
      return met.status !== 200 && met;
    };
    return vi.waitUntil(isRefused, { timeout: 10_000, interval: 50 });
  },
  REFRESH_TOKEN_INVALID: () =>
    inNova('mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken } }', {
      refreshToken: 'x',
    }),
  INVALID_CREDENTIALS: () => inNova(login, { email: 'nobody@nova.test', password: 'not the password' }),
  TOTP_REQUIRED: protectedLogin,
  TOTP_CODE_INVALID: async () => {
    const { challenge } = (await protectedLogin()).extensions;
    return inNova(loginWithTotp, { challenge, code: 'AAAA-AAAA-AAAA-AAAA' });
  },
  CHALLENGE_INVALID: () => inNova(loginWithTotp, { challenge: 'unknown', code: '123456' }),
  SIGN_IN_FAILED: () =>
    inNova('mutation ($input: CompleteSignInInput!) { completeSignIn(input: $input) { accessToken } }', {
      attempt: 'unknown',
      callbackUrl: 'https://app.nova.test/back?code=1&state=2',
    }),
  // A provider that knows somebody is another company's system; identity's own tests stand in for one.
  SIGN_UP_REQUIRED: saying('SIGN_UP_REQUIRED'),
  ACCOUNT_LOCKED: async () => {
    const { email, ...person } = newPerson();
    await register({ email, ...person });
    const guess = () => inNova(login, { email, password: 'not the password' });
    for (let at = 0; at < 5; at += 1) await guess();
    return guess();
  },
  ACCOUNT_INACTIVE: async () => {
    const person = newPerson();
    await register(person);
    await inDatabase('update identity.accounts set is_active = false where email = $1', person.email);
    return inNova(login, { email: person.email, password: person.password });
  },
  FORBIDDEN: async () => {
    const [author, other] = [await register(newPerson()), await register(newPerson())];
    const { data } = await postGraphql(
      nova.url,
      { query: createPost },
      { authorization: `Bearer ${author.accessToken}` },
    );
    const query = 'mutation ($input: DeletePostInput!) { deletePost(input: $input) { deletedPostId } }';
    return inNova(query, { id: data.createPost.post.id }, other.accessToken);
  },
  USER_UNREACHABLE: saying('USER_UNREACHABLE'),
  NOT_FOUND: async () => {
    const { accessToken } = await register(newPerson());
    const query = 'mutation ($input: DeletePostInput!) { deletePost(input: $input) { deletedPostId } }';
    return inNova(query, { id: '00000000-0000-7000-8000-000000000000' }, accessToken);
  },
  EMAIL_TAKEN: async () => {
    const person = newPerson();
    await register(person);
    return inNova(registerAgain, { ...person, username: 'someone_else' });
  },
  USERNAME_TAKEN: async () => {
    const person = newPerson();
    await register(person);
    return inNova(registerAgain, { ...person, email: 'someone.else@nova.test' });
  },
  CONFLICT: saying('CONFLICT'),
  IDEMPOTENCY_KEY_REQUIRED: elsewhere({ IDEMPOTENCY_KEYS: 'required' }, (it) => mutate(it, createPost)),
  IDEMPOTENCY_KEY_INVALID: async () => told(await mutate(world, createPost, 'short')),
  IDEMPOTENCY_KEY_REUSED: async () => {
    await mutate(world, createPost, 'one-of-mine');
    return told(await mutate(world, createPost.replace('Hello', 'Bye'), 'one-of-mine'));
  },
  IDEMPOTENT_REQUEST_RUNNING: elsewhere({}, async (it) => {
    const held = Promise.withResolvers<ServerResponse>();
    it.subgraphs.content.misbehave((_request, response) => held.resolve(response));
    const first = mutate(it, createPost, 'one-of-mine');
    const response = await held.promise;
    const refused = await mutate(it, createPost, 'one-of-mine');
    response.destroy();
    await first;
    return refused;
  }),
  RATE_LIMITED: elsewhere({ RATE_LIMIT_PUBLIC: '1/60' }, async (it) => {
    await it.post({ query: '{ __typename }' });
    return it.post({ query: '{ __typename }' });
  }),
  RESOURCE_EXHAUSTED: saying('RESOURCE_EXHAUSTED'),
  SUBGRAPH_UNAVAILABLE: misbehaving((response) => response.destroy()),
  SUBGRAPH_TIMEOUT: misbehaving(() => undefined, { policies: { content: { timeoutMs: 50 } } }),
  OVERLOADED: elsewhere({ MAX_RUNNING_REQUESTS: '1', MAX_QUEUED_REQUESTS: '0' }, async (it) => {
    const held = Promise.withResolvers<ServerResponse>();
    it.subgraphs.content.misbehave((_request, response) => held.resolve(response));
    const first = it.post({ query: '{ posts { nodes { id } } }' });
    const response = await held.promise;
    const refused = await it.post({ query: '{ __typename }' });
    it.subgraphs.content.misbehave(undefined);
    response.destroy();
    await first;
    return refused;
  }),
  SERVICE_UNAVAILABLE: elsewhere({ JWKS_URL: 'http://127.0.0.1:9/keys' }, async (it) =>
    it.post({ query: '{ __typename }' }, { authorization: `Bearer ${await it.issuer.token()}` }),
  ),
  DEADLINE_EXCEEDED: misbehaving(() => undefined, { env: { REQUEST_TIMEOUT_MS: '50' } }),
  INTERNAL_ERROR: misbehaving((response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"data":{"posts":null},"errors":[{"message":"at 10.0.0.7:5432","extensions":{"code":"SECRET"}}]}');
  }),
};

test.for(Object.keys(errorCodes) as ErrorCode[])(
  'a client can meet %s, with its status and whether to try again',
  async (code) => {
    const { httpStatus, retryable } = errorCodes[code];
    const trigger = triggers[code];
    expect(trigger, `nothing here makes the gateway answer ${code}`).toBeDefined();
    const { status, extensions } = await trigger();
    expect({ status, ...extensions }).toMatchObject({ status: httpStatus, code, retryable });
    expect(extensions.requestId).toMatch(/^[\w-]{8,64}$/);
  },
);
