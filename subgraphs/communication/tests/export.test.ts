import { randomUUID } from 'node:crypto';
import { headerNames, type Identity } from '@nova/runtime';
import { statementsDuring } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Communication, type Person, startCommunication } from './_communication.ts';

let communication: Communication;
beforeAll(async () => {
  communication = await startCommunication();
});
afterAll(() => communication?.stop());

const query = '{ viewerPushDevices { id platform registeredAt } }';
const read = async (as: Identity) => {
  const { data, errors } = await communication.send(query, { as });
  expect(errors).toEqual([]);
  return data.viewerPushDevices;
};

async function register({ as }: Person, platform: 'FCM' | 'APNS', token: string = randomUUID()) {
  const mutation = `mutation ($input: RegisterPushDeviceInput!) {
    registerPushDevice(input: $input) { device { id platform registeredAt } } }`;
  const { data } = await communication.send(mutation, { as, variables: { input: { platform, token } } });
  return { ...data.registerPushDevice.device, token };
}

test('the viewer’s push devices are their own, what was registered last first, without the tokens', async () => {
  const [viewer, other] = [await communication.person(), await communication.person()];
  const { token, ...first } = await register(viewer, 'FCM');
  const { token: _kept, ...second } = await register(viewer, 'APNS');
  expect(await read(viewer.as)).toEqual([second, first]);
  expect(await read(other.as)).toEqual([]);
  const { token: _same, ...moved } = await register(other, 'FCM', token);
  expect([await read(viewer.as), await read(other.as)]).toEqual([[second], [moved]]);
});

test('ten push devices at most are listed, in one SQL statement', async () => {
  const viewer = await communication.person();
  const tokens = Array.from({ length: 12 }, () => randomUUID());
  const rows = tokens.map((token) => ({ user_id: viewer.id, platform: 'FCM' as const, token }));
  await communication.db.insertInto('push_devices').values(rows).execute();
  const statements = await statementsDuring(async () => {
    expect(await read(viewer.as)).toHaveLength(10);
  });
  expect(statements).toHaveLength(1);
});

test('push devices are for who is signed in, and no cache keeps them', async () => {
  const { data, errors } = await communication.send(query);
  expect([data.viewerPushDevices, errors.map(({ extensions }) => extensions.code)]).toEqual([
    null,
    ['UNAUTHENTICATED'],
  ]);
  const { as } = await communication.person();
  const { subgraphs } = communication;
  const response = await fetch(subgraphs.communication.graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [headerNames.identity]: await subgraphs.keys.sign(as) },
    body: JSON.stringify({ query }),
  });
  await response.body?.cancel();
  expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
});
