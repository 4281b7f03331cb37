import { randomUUID } from 'node:crypto';
import { append } from '@nova/outbox';
import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import { createLogger } from '@nova/runtime';
import { roles } from '@nova/subgraph';
import { redisFor, statementsDuring, subgraphClient, userIdentity } from '@nova/testkit';
import { expect, type TestContext, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { createUserService } from '../src/service.ts';
import { eventOrigin, startUser, type UserUnderTest } from './user-under-test.ts';

/** Well before a memory forgets of itself. */
const soon = { timeout: 8_000 };

type Send = UserUnderTest['send'];

/** User twice over one database, with a Redis that both share; the first consumes. */
async function startTwo(context: TestContext) {
  const { url } = await redisFor(context);
  const user = await startUser({ roles, env: { REDIS_URL: url } });
  context.onTestFinished(() => user.stopAll());
  const log = createLogger({ service: 'test', level: 'silent' });
  const second = await createUserService(toConfig(readEnv(user.env)), { log, roles: new Set(['graphql']) });
  context.onTestFinished(() => second.stop());
  return { user, one: user.send, other: subgraphClient(second.graphqlUrl, user.keys) };
}

async function nameOf(send: Send, id: string): Promise<string> {
  const { data } = await send('query ($id: ID!) { user(id: $id) { displayName } }', { variables: { id } });
  return data.user.displayName;
}

/** Until each answers without asking the database. */
async function warm(id: string, ...sends: Send[]): Promise<void> {
  for (const send of sends)
    await expect.poll(() => statementsDuring(() => nameOf(send, id)).then(ofProfiles)).toEqual([]);
}

const ofProfiles = (statements: readonly string[]) => statements.filter((text) => text.includes('active_profiles'));

function rename(send: Send, id: string, displayName: string) {
  return send('mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { user { id } } }', {
    as: userIdentity(id),
    variables: { input: { displayName } },
  });
}

test('who changes a profile reads it so at once, and soon so does everybody at other replicas', async (context) => {
  const { user, one, other } = await startTwo(context);
  const id = user.addAccount('ada');
  await rename(one, id, 'Ada');
  await warm(id, one, other);
  await rename(other, id, 'Countess');
  expect(await nameOf(other, id)).toBe('Countess');
  await expect.poll(() => nameOf(one, id), soon).toBe('Countess');
});

test('of many profiles only those that are not kept are asked for, with one statement', async (context) => {
  const { user, one } = await startTwo(context);
  const ids = ['grace', 'hedy', 'joan'].map((name) => user.addAccount(name));
  for (const id of ids) await rename(one, id, id);
  const [first = ''] = ids;
  await warm(first, one);
  const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on User { displayName } } }`;
  const representations = ids.map((id) => ({ __typename: 'User', id }));
  const ask = () => one(query, { variables: { representations } });
  expect(ofProfiles(await statementsDuring(ask))).toHaveLength(1);
  expect(ofProfiles(await statementsDuring(ask))).toHaveLength(0);
  expect((await ask()).data._entities).toEqual(ids.map((displayName) => ({ displayName })));
});

test('of who is erased no replica answers a name', async (context) => {
  const { user, one, other } = await startTwo(context);
  const userId = user.addAccount('erin');
  await rename(one, userId, 'Erin');
  await warm(userId, one, other);
  await user.db
    .transaction()
    .execute((tx) =>
      append(tx, ErasureRequestedSchema, { aggregateId: userId, message: { userId }, origin: eventOrigin }),
    );
  await expect.poll(() => nameOf(one, userId)).toBe('Deleted user');
  await expect.poll(() => nameOf(other, userId)).toBe('Deleted user');
});

test('while Redis is away profiles are read and changed as ever', async (context) => {
  const { url, stop } = await redisFor(context);
  const user = await startUser({ env: { REDIS_URL: url } });
  context.onTestFinished(() => user.stopAll());
  const id = user.addAccount(`person_${randomUUID().slice(0, 8)}`);
  await rename(user.send, id, 'Before');
  await warm(id, user.send);
  await stop();
  expect((await rename(user.send, id, 'Meanwhile')).errors).toEqual([]);
  expect(await nameOf(user.send, id)).toBe('Meanwhile');
  const page = await fetch(`${user.adminUrl}/metrics`).then((response) => response.text());
  expect(page).toMatch(/cache_lookups_total\{.*tier="memory",result="hit".*\} [1-9]/);
  expect(page).toMatch(/cache_redis_failures_total\{command="purge".*\} [1-9]/);
});
