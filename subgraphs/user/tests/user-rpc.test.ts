import { randomUUID } from 'node:crypto';
import { UserService } from '@nova/proto/nova/user/v1/user_service_pb.js';
import { createRpcClient, type RpcClient } from '@nova/rpc';
import { callFor, statementsDuring } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startUser, type UserUnderTest } from './user-under-test.ts';

let user: UserUnderTest;
let client: RpcClient<typeof UserService>;
beforeAll(async () => {
  user = await startUser();
  client = createRpcClient(UserService, { address: user.grpcAddress });
});
afterAll(async () => {
  client?.stop();
  await user?.stopAll();
});

async function insertProfiles(count: number, bio = ''): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    insert into profiles (id, username, display_name, bio, joined_at)
    select uuidv7(), 'u' || left(replace(gen_random_uuid()::text, '-', ''), 16), 'Somebody', ${bio}, now()
    from generate_series(1, ${count}::int) returning id`.execute(user.db);
  return rows.map(({ id }) => id).sort();
}

async function getProfiles(ids: string[]) {
  const { profiles } = await client.calls.getProfiles({ ids }, await callFor(user.keys));
  return profiles;
}

test.each([10, 50])('%i profiles cost one statement, and those that do not exist are left out', async (count) => {
  const ids = await insertProfiles(count);
  let found: string[] = [];
  const statements = await statementsDuring(async () => {
    found = (await getProfiles([...ids, ...ids, randomUUID()])).map(({ id }) => id);
  });
  expect(found.sort()).toEqual(ids);
  expect(statements).toHaveLength(1);
});

test('services are told of bio and location what everybody may see, and who wants to be found', async () => {
  const [open, hidden] = (await insertProfiles(2, 'Lighthouses.')) as [string, string];
  const privacy = { visibility: 'FOLLOWERS', is_discoverable: false } as const;
  await user.db.updateTable('profiles').set(privacy).where('id', '=', hidden).execute();
  const profiles = new Map((await getProfiles([open, hidden])).map((profile) => [profile.id, profile]));
  expect(profiles.get(open)).toMatchObject({ bio: 'Lighthouses.', isDiscoverable: true });
  expect(profiles.get(hidden)).toMatchObject({ bio: '', isDiscoverable: false });
});

test('a request that breaks the rules of its fields is refused with the names of the fields', async () => {
  for (const ids of [[], ['no uuid'], Array.from({ length: 1_001 }, () => randomUUID())]) {
    await expect(getProfiles(ids)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { fields: [expect.stringMatching(/^ids/)] },
    });
  }
  const stream = client.calls.streamProfiles({ afterId: 'no uuid' }, await callFor(user.keys));
  await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});

async function streamIds(afterId: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { profiles } of client.calls.streamProfiles({ afterId }, await callFor(user.keys)))
    ids.push(...profiles.map(({ id }) => id));
  return ids;
}

test('a stream has every profile once, in the order of ids, 500 a statement, and goes on where another ended', async () => {
  await insertProfiles(1_000);
  const { rows } = await sql<{ id: string }>`select id from active_profiles order by id`.execute(user.db);
  const all = rows.map(({ id }) => id);
  let streamed: string[] = [];
  const statements = await statementsDuring(async () => {
    streamed = await streamIds('');
  });
  expect(streamed).toEqual(all);
  expect(statements).toHaveLength(Math.floor(all.length / 500) + 1);
  expect(await streamIds(all[700] as string)).toEqual(all.slice(701));
  expect(await streamIds(all.at(-1) as string)).toEqual([]);
});

test('a stream that nobody reads on reads no further than the network holds, and ends with its reader', async () => {
  const pages = 80;
  await insertProfiles(pages * 500, 'x'.repeat(500));
  const statements = await statementsDuring(async () => {
    const stream = client.calls.streamProfiles({}, await callFor(user.keys))[Symbol.asyncIterator]();
    await stream.next();
    // Time in which all pages could be read: each of these calls takes as long as one.
    for (let call = 0; call < pages; call++) await getProfiles([randomUUID()]);
    await stream.return?.();
    for (let call = 0; call < pages; call++) await getProfiles([randomUUID()]);
  });
  expect(statements.filter((text) => text.includes('order by')).length).toBeLessThan(pages / 2);
});
