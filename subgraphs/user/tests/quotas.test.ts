import { randomUUID } from 'node:crypto';
import { UserService } from '@nova/proto/nova/user/v1/user_service_pb.js';
import { createRpcClient, type RpcClient } from '@nova/rpc';
import { callFor, userIdentity } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serviceCallFor, startUser, type UserUnderTest } from './user-under-test.ts';

const limit = 1_000n;
let user: UserUnderTest;
let client: RpcClient<typeof UserService>;
beforeAll(async () => {
  user = await startUser({ env: { STORAGE_LIMIT_BYTES: String(limit) } });
  client = createRpcClient(UserService, { address: user.grpcAddress });
});
afterAll(async () => {
  client?.stop();
  await user?.stopAll();
});

async function reserve(userId: string, bytes: bigint, reservationId: string = randomUUID()) {
  const { usedBytes } = await client.calls.reserveQuota(
    { userId, reservationId, bytes },
    await serviceCallFor(user.keys),
  );
  return usedBytes;
}

async function release(userId: string, reservationId: string) {
  const { usedBytes } = await client.calls.releaseQuota({ userId, reservationId }, await serviceCallFor(user.keys));
  return usedBytes;
}

async function storage(userId: string) {
  const answer = await user.send('{ viewerStorage { usedBytes limitBytes } }', { as: userIdentity(userId) });
  return answer.data.viewerStorage;
}

test('of twenty-five reservations at once as many get room as there is, and no more', async () => {
  const userId = randomUUID();
  const asked = await Promise.allSettled(Array.from({ length: 25 }, () => reserve(userId, 60n)));
  const refused = asked.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(25 - 16);
  for (const refusal of refused) {
    expect(refusal).toMatchObject({
      reason: { code: 'RESOURCE_EXHAUSTED', details: { bytes: 60, usedBytes: 960, limitBytes: 1000 } },
    });
  }
  expect(await storage(userId)).toEqual({ usedBytes: 960, limitBytes: 1000 });
  expect(await reserve(userId, 40n)).toBe(limit);
});

test('one reservation takes room once, however often and at once it is asked for', async () => {
  const [userId, reservationId] = [randomUUID(), randomUUID()];
  await Promise.all(Array.from({ length: 20 }, () => reserve(userId, 400n, reservationId)));
  expect(await reserve(userId, 999n, reservationId)).toBe(400n);
  expect(await storage(userId)).toEqual({ usedBytes: 400, limitBytes: 1000 });
});

test('a release gives the room of its reservation back, once', async () => {
  const [userId, reservationId] = [randomUUID(), randomUUID()];
  await reserve(userId, 300n);
  await reserve(userId, 700n, reservationId);
  await Promise.all(Array.from({ length: 10 }, () => release(userId, reservationId)));
  expect(await release(userId, reservationId)).toBe(300n);
  expect(await reserve(userId, 700n, reservationId)).toBe(limit);
});

test('reservations and releases of the same at once leave what is reserved, neither more nor less', async () => {
  const [userId, ids] = [randomUUID(), Array.from({ length: 4 }, () => randomUUID())];
  const both = ids.flatMap((id) => [reserve(userId, 100n, id), release(userId, id), reserve(userId, 100n, id)]);
  await Promise.all(both);
  const rows = await user.db.selectFrom('quota_reservations').select('bytes').where('user_id', '=', userId).execute();
  expect((await storage(userId)).usedBytes).toBe(rows.length * 100);
});

test('a reservation that there is not, or is somebody else’s, releases nothing', async () => {
  const [userId, other, reservationId] = [randomUUID(), randomUUID(), randomUUID()];
  await reserve(userId, 500n, reservationId);
  await reserve(other, 100n);
  expect(await release(userId, randomUUID())).toBe(500n);
  expect(await release(other, reservationId)).toBe(100n);
  expect(await release(randomUUID(), reservationId)).toBe(0n);
  expect(await storage(userId)).toEqual({ usedBytes: 500, limitBytes: 1000 });
});

test('a refused reservation leaves no trace', async () => {
  const [userId, reservationId] = [randomUUID(), randomUUID()];
  await expect(reserve(userId, limit + 1n, reservationId)).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  expect(await release(userId, reservationId)).toBe(0n);
  expect(await reserve(userId, limit, reservationId)).toBe(limit);
});

test('bytes that are none are refused by name', async () => {
  for (const bytes of [0n, -1n]) {
    await expect(reserve(randomUUID(), bytes)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { fields: [expect.stringMatching(/^bytes: /)] },
    });
  }
});

test('only the owner sees the storage', async () => {
  const answer = await user.send('{ viewerStorage { usedBytes } }');
  expect(answer.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
});

test('only a service with the permission reserves or releases: no user does, whatever a user may do, and no other service', async () => {
  const [userId, reservationId] = [randomUUID(), randomUUID()];
  await reserve(userId, 500n, reservationId);
  const ofUser = await callFor(user.keys, { as: userIdentity(userId) });
  const ofOther = await serviceCallFor(user.keys, { name: 'search', permissions: [] });
  const refusals: [Awaited<ReturnType<typeof callFor>>, string][] = [
    [await callFor(user.keys), 'UNAUTHENTICATED'],
    [ofUser, 'FORBIDDEN'],
    [ofOther, 'FORBIDDEN'],
  ];
  for (const [call, code] of refusals) {
    const room = { userId, reservationId: randomUUID(), bytes: 1n };
    await expect(client.calls.reserveQuota(room, call)).rejects.toMatchObject({ code });
    await expect(client.calls.releaseQuota({ userId, reservationId }, call)).rejects.toMatchObject({ code });
  }
  expect(await storage(userId)).toEqual({ usedBytes: 500, limitBytes: 1000 });
});
