import { randomUUID } from 'node:crypto';
import { CommunicationService, NotificationKind } from '@nova/proto/nova/communication/v1/communication_service_pb.js';
import { createRpcClient, type RpcClient } from '@nova/rpc';
import { callFor } from '@nova/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Communication, type Person, startCommunication } from './_communication.ts';

let communication: Communication;
let client: RpcClient<typeof CommunicationService>;
let viewer: Person;
beforeAll(async () => {
  communication = await startCommunication();
  client = createRpcClient(CommunicationService, { address: communication.subgraphs.communication.grpcAddress });
});
afterAll(async () => {
  client?.stop();
  await communication?.stop();
});
beforeEach(async () => {
  viewer = await communication.person();
});

const { FOLLOW, LIKE, SYSTEM, UNSPECIFIED } = NotificationKind;

async function notify(request: object, as?: { token: string }): Promise<boolean> {
  const told = { notificationId: randomUUID(), userId: viewer.id, kind: SYSTEM, ...request };
  const options = await callFor(communication.subgraphs.keys, { ...(as && { as }) });
  return (await client.calls.notify(told, options)).notified;
}

async function notifications() {
  const query = '{ viewerNotifications { nodes { id kind count actor { id } post { id } } } }';
  return (await communication.send(query, { as: viewer.as })).data.viewerNotifications.nodes;
}

test('a user is told once for each notification id, however often and however parallel it is asked for', async () => {
  const request = { notificationId: randomUUID(), kind: FOLLOW, actorId: randomUUID() };
  const answers = await Promise.all(Array.from({ length: 10 }, () => notify(request)));
  expect(answers).toEqual(Array.from({ length: 10 }, () => true));
  expect(await notifications()).toEqual([
    { id: request.notificationId, kind: 'FOLLOW', count: 1, actor: { id: request.actorId }, post: null },
  ]);
  await expect(notify({ ...request, actorId: randomUUID() })).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
});

test('likes by notification collapse as likes by event do', async () => {
  const [postId, actorId] = [randomUUID(), randomUUID()];
  for (const by of [actorId, randomUUID(), actorId]) await notify({ kind: LIKE, postId, actorId: by });
  expect(await notifications()).toMatchObject([
    { kind: 'LIKE', count: 2, actor: { id: actorId }, post: { id: postId } },
  ]);
});

test('nobody is told of what they do not want to hear, nor by whom they block, nor of themselves', async () => {
  const blocked = randomUUID();
  await communication.db.insertInto('blocks').values({ blocker_id: viewer.id, blocked_id: blocked }).execute();
  expect(await notify({ kind: FOLLOW, actorId: blocked })).toBe(false);
  expect(await notify({ kind: FOLLOW, actorId: viewer.id })).toBe(false);
  const preference = { user_id: viewer.id, kind: 'SYSTEM', in_app: false, push: false };
  await communication.db.insertInto('notification_preferences').values(preference).execute();
  expect(await notify({})).toBe(false);
  expect(await notifications()).toEqual([]);
});

test.each([
  [{ notificationId: 'x' }, 'BAD_USER_INPUT'],
  [{ userId: 'x' }, 'BAD_USER_INPUT'],
  [{ kind: UNSPECIFIED }, 'BAD_USER_INPUT'],
  [{ kind: 99 }, 'BAD_USER_INPUT'],
  [{ actorId: 'x' }, 'BAD_USER_INPUT'],
  [{ postId: 'x' }, 'BAD_USER_INPUT'],
])('%o is refused with %s', async (request, code) => {
  await expect(notify(request)).rejects.toMatchObject({ code });
});

test('a call without a signed identity is refused', async () => {
  await expect(notify({}, { token: 'x' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});
