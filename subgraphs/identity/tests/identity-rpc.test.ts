import { randomUUID } from 'node:crypto';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { statementsDuring } from '@nova/testkit';
import { sql } from 'kysely';
import { createChannel, createClient } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { ServerReflectionService } from 'nice-grpc-server-reflection';
import reflectionMessages from 'nice-grpc-server-reflection/lib/proto/grpc/reflection/v1/reflection_pb.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type IdentityUnderTest, startIdentity, uniqueUsername } from './identity-under-test.ts';

let identity: IdentityUnderTest;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity?.stopAll());

const getUser = (id: string) => identity.call((client, options) => client.getUser({ id }, options));
const getUserByUsername = (username: string) =>
  identity.call((client, options) => client.getUserByUsername({ username }, options));
const getUsersByIds = (ids: string[]) => identity.call((client, options) => client.getUsersByIds({ ids }, options));

async function insertAccounts(count: number): Promise<string[]> {
  const rows = Array.from({ length: count }, uniqueUsername).map((username) => ({
    username,
    email: `${username}@example.com`,
    password_hash: null,
  }));
  const inserted = await identity.db.insertInto('accounts').values(rows).returning('id').execute();
  return inserted.map(({ id }) => id);
}

test('an account is found by id and by username, however it is written, without what only its owner may see', async () => {
  const { account } = await identity.newAccount();
  const { user } = await getUser(account.id);
  expect(user).toEqual({
    $typeName: 'nova.identity.v1.User',
    id: account.id,
    username: account.username,
    createdAt: expect.anything(),
    isActive: true,
  });
  expect(user?.createdAt && timestampDate(user.createdAt)).toBeInstanceOf(Date);
  expect((await getUserByUsername(account.username.toUpperCase())).user).toEqual(user);
});

test('what does not exist is NOT_FOUND', async () => {
  await expect(getUser(randomUUID())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(getUserByUsername(uniqueUsername())).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a suspended account and a deleted one are not active; a deleted one gives up its name', async () => {
  const [suspended, deleted] = (await insertAccounts(2)) as [string, string];
  const { user } = await getUser(deleted);
  await identity.db.updateTable('accounts').set({ is_active: false }).where('id', '=', suspended).execute();
  await sql`update accounts set deleted_at = now(), deleted_by = id where id = ${deleted}`.execute(identity.db);
  expect((await getUser(suspended)).user?.isActive).toBe(false);
  expect((await getUser(deleted)).user?.isActive).toBe(false);
  await expect(getUserByUsername(user?.username ?? '')).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test.each([10, 50])('%d accounts cost one statement, and those that do not exist are left out', async (count) => {
  const ids = await insertAccounts(count);
  let found: string[] = [];
  const statements = await statementsDuring(async () => {
    found = (await getUsersByIds([...ids, ...ids, randomUUID()])).users.map(({ id }) => id);
  });
  expect(found.sort()).toEqual(ids.sort());
  expect(statements).toHaveLength(1);
});

test('a request that breaks the rules of its fields is refused with the names of the fields', async () => {
  const refusals = [
    [() => getUser('no uuid'), 'id'],
    [() => getUserByUsername('not a name'), 'username'],
    [() => getUsersByIds([]), 'ids'],
    [() => getUsersByIds([randomUUID(), 'no uuid']), 'ids'],
    [() => getUsersByIds(Array.from({ length: 1_001 }, () => randomUUID())), 'ids'],
  ] as const;
  for (const [send, field] of refusals) {
    await expect(send()).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { fields: [expect.stringMatching(new RegExp(`^${field}: `))] },
    });
  }
});

test('a call without an identity that the gateway signed is refused', async () => {
  const [id] = (await insertAccounts(1)) as [string];
  for (const token of ['', 'forged']) {
    const refused = identity.call((client, options) => client.getUser({ id }, options), { token });
    await expect(refused).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  }
});

test('health and reflection answer anybody', async () => {
  const channel = createChannel(identity.grpcAddress);
  try {
    expect(await createClient(HealthDefinition, channel).check({ service: '' })).toMatchObject({ status: 1 });
    const reflection = createClient(ServerReflectionService, channel);
    async function* ask() {
      yield new reflectionMessages.ServerReflectionRequest().setListServices('');
    }
    const names = [];
    for await (const answer of reflection.serverReflectionInfo(ask())) {
      names.push(...(answer.getListServicesResponse()?.getServiceList() ?? []).map((service) => service.getName()));
    }
    expect(names).toContain('nova.identity.v1.IdentityService');
  } finally {
    channel.close();
  }
});
