import { randomUUID } from 'node:crypto';
import { openDatabase } from '@nova/postgres';
import { createLogger, headerNames, type Identity } from '@nova/runtime';
import {
  registerAccount,
  startSubgraphs,
  statementsDuring,
  subgraphClient,
  type TestSubgraphs,
  userIdentity,
} from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tables } from '../src/db/tables.ts';

let subgraphs: TestSubgraphs<'identity' | 'user'>;
let send: ReturnType<typeof subgraphClient>;
let database: ReturnType<typeof openDatabase<Tables>>;

beforeAll(async () => {
  subgraphs = await startSubgraphs({ domains: ['identity', 'user'] });
  send = subgraphClient(subgraphs.user.graphqlUrl, subgraphs.keys);
  database = openUserDatabase(subgraphs);
});
afterAll(async () => {
  await database.stop();
  await subgraphs.stop();
});

function openUserDatabase({ database: { urlFor } }: Pick<TestSubgraphs, 'database'>) {
  const log = createLogger({ service: 'test', level: 'silent' });
  return openDatabase<Tables>({ url: urlFor('user'), poolMax: 2, applicationName: 'test', log });
}

const register = async (username: string) => (await registerAccount(subgraphs, username)).userId;

function update(as: Identity, input: object) {
  return send(
    `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { user { displayName bio location } } }`,
    { as, variables: { input } },
  );
}

const entities = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on User { id username displayName } }
}`;

test('a new account has a profile at once, under its username', async () => {
  const id = await register('rosalind');
  const byId = await send(`query ($id: ID!) { user(id: $id) { id username displayName bio } }`, { variables: { id } });
  expect(byId.data.user).toEqual({ id, username: 'rosalind', displayName: 'rosalind', bio: null });
  const byName = await send(`{ userByUsername(username: "ROSALIND") { id } }`);
  expect(byName.data.userByUsername).toEqual({ id });
});

test('what a profile update leaves out stays, and null clears', async () => {
  const as = userIdentity(await register('barbara'));
  expect(
    (await update(as, { displayName: 'Barbara', bio: 'Maize.', location: 'Ithaca' })).data.updateProfile.user,
  ).toEqual({
    displayName: 'Barbara',
    bio: 'Maize.',
    location: 'Ithaca',
  });
  expect((await update(as, { bio: null })).data.updateProfile.user).toEqual({
    displayName: 'Barbara',
    bio: null,
    location: 'Ithaca',
  });
});

test('a profile update that is repeated with its key does not undo what was changed meanwhile', async () => {
  const as = userIdentity(await register('lise'));
  const headers = { [headerNames.idempotencyKey]: `${'a'.repeat(64)}:${'b'.repeat(64)}` };
  const query = `mutation { updateProfile(input: { bio: "Fission." }) { user { bio } } }`;
  expect((await send(query, { as, headers })).data.updateProfile.user).toEqual({ bio: 'Fission.' });
  await update(as, { bio: 'Physics.' });
  expect((await send(query, { as, headers })).data.updateProfile.user).toEqual({ bio: 'Physics.' });
});

test.each([
  ['displayName', null],
  ['displayName', ' '],
  ['displayName', 'x'.repeat(51)],
  ['bio', 'x'.repeat(501)],
  ['location', 'x'.repeat(101)],
])('a %s of %j is refused by name', async (field, value) => {
  const as = userIdentity(await register(`u_${randomUUID().slice(0, 8)}`));
  const answer = await update(as, { [field]: value });
  expect(answer.errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
});

test('a username that another profile still has is a conflict, not a failure', async () => {
  const id = await register('maria');
  const row = { id: randomUUID(), username: 'Maria', display_name: 'Other', joined_at: new Date() };
  await database.db.insertInto('profiles').values(row).execute();
  const answer = await update(userIdentity(id), { bio: 'Physics.' });
  expect(answer.errors[0]?.extensions.code).toBe('CONFLICT');
});

test('nobody changes a profile without an active account', async () => {
  const answer = await update(userIdentity(randomUUID()), { displayName: 'Ghost' });
  expect(answer.errors[0]?.extensions.code).toBe('ACCOUNT_INACTIVE');
});

test('what is nobody is null', async () => {
  const representations = [randomUUID(), 'not-an-id'].map((id) => ({ __typename: 'User', id }));
  const answer = await send(entities, { variables: { representations } });
  expect(answer.data._entities).toEqual([null, null]);
});

test.each([10, 50])('%i user references cost one SQL statement', async (size) => {
  const rows = Array.from({ length: size }, () => ({
    id: randomUUID(),
    username: `p_${randomUUID().slice(0, 12).replace('-', '')}`,
    display_name: 'Somebody',
    joined_at: new Date(),
  }));
  await database.db.insertInto('profiles').values(rows).execute();
  const representations = rows.map(({ id }) => ({ __typename: 'User', id }));
  const statements = await statementsDuring(async () => {
    const answer = await send(entities, { variables: { representations } });
    expect(answer.data._entities).toMatchObject(rows.map(({ id }) => ({ id })));
  });
  expect(statements).toHaveLength(1);
});

test('while identity is away, stored profiles are served and only the others fail, with a retryable code', async () => {
  const other = await startSubgraphs({ domains: ['identity', 'user'] });
  const otherDatabase = openUserDatabase(other);
  try {
    const stored = randomUUID();
    const row = { id: stored, username: 'kept', display_name: 'Kept', joined_at: new Date() };
    await otherDatabase.db.insertInto('profiles').values(row).execute();
    await other.identity.stop();
    const answer = await subgraphClient(other.user.graphqlUrl, other.keys)(entities, {
      variables: { representations: [stored, randomUUID()].map((id) => ({ __typename: 'User', id })) },
    });
    expect(answer.data._entities).toEqual([{ id: stored, username: 'kept', displayName: 'Kept' }, null]);
    expect(answer.errors.map(({ path, extensions }) => [path, extensions.code, extensions.retryable])).toEqual([
      [['_entities', 1], 'SERVICE_UNAVAILABLE', true],
    ]);
  } finally {
    await otherDatabase.stop();
    await other.stop();
  }
});
