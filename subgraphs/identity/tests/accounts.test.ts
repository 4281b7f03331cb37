import { randomUUID } from 'node:crypto';
import { anonymous } from '@nova/runtime';
import { postGraphql, statementsDuring, userIdentity } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codesOf, type IdentityUnderTest, startIdentity } from './identity-under-test.ts';

let identity: IdentityUnderTest;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity?.stopAll());

const entities = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on Account { id username user { id } } }
}`;

function resolve(ids: readonly string[], userId: string) {
  const representations = ids.map((id) => ({ __typename: 'Account', id }));
  return identity.send(entities, { variables: { representations }, as: userIdentity(userId) });
}

test('the viewer is the signed-in account, and nobody without one', async () => {
  const { account } = await identity.newAccount();
  expect((await identity.viewer(userIdentity(account.id))).data.viewer.username).toBe(account.username);
  expect(await identity.viewer(anonymous)).toMatchObject({ data: { viewer: null }, errors: [] });
});

test('an account that is suspended, deleted or unknown is no viewer', async () => {
  const suspended = (await identity.newAccount()).account.id;
  await identity.db.updateTable('accounts').set({ is_active: false }).where('id', '=', suspended).execute();
  const deleted = (await identity.newAccount()).account.id;
  await sql`update accounts set deleted_at = now(), deleted_by = id where id = ${deleted}`.execute(identity.db);
  for (const id of [suspended, deleted, randomUUID(), 'no uuid']) {
    expect(await identity.viewer(userIdentity(id))).toMatchObject({ data: { viewer: null }, errors: [] });
  }
});

test('an account is shown to its owner only, and others do not learn whether it exists', async () => {
  const { account } = await identity.newAccount();
  const other = (await identity.newAccount()).account;
  const answer = await resolve([account.id, other.id, randomUUID(), 'no uuid'], account.id);
  expect(answer.data._entities).toEqual([
    { id: account.id, username: account.username, user: { id: account.id } },
    null,
    null,
    null,
  ]);
  const refusals = answer.errors.map(({ message, extensions }) => ({ message, extensions }));
  expect(refusals).toEqual(
    Array(3).fill({ message: refusals[0]?.message, extensions: { code: 'FORBIDDEN', retryable: false } }),
  );
});

test.each([10, 50])('%d references to an account cost one statement', async (count) => {
  const { account } = await identity.newAccount();
  let answer: Awaited<ReturnType<typeof resolve>> | undefined;
  const statements = await statementsDuring(async () => {
    answer = await resolve(Array(count).fill(account.id), account.id);
  });
  expect(answer?.data._entities).toHaveLength(count);
  expect(answer?.errors).toEqual([]);
  expect(statements).toHaveLength(1);
});

test('a request without an identity that the gateway signed is refused', async () => {
  const body = { query: '{ viewer { id } }' };
  const unsigned: Record<string, string>[] = [{}, { 'x-nova-identity': 'forged' }];
  for (const headers of unsigned) {
    const answer = await postGraphql(identity.graphqlUrl, body, headers);
    expect(answer.status).toBe(401);
    expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
  }
});
