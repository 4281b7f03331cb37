import { randomUUID } from 'node:crypto';
import { headerNames } from '@nova/runtime';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { base64, type Communication, type Person, startCommunication } from './_communication.ts';

let communication: Communication;
let owner: Person;
let other: Person;
beforeAll(async () => {
  communication = await startCommunication();
  other = await communication.person();
});
afterAll(() => communication?.stop());
beforeEach(async () => {
  owner = await communication.person();
});

const hex = (letter: string) => letter.repeat(64);
const prekeys = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => ({ id: from + at, publicKey: base64(`one-time ${from + at}`) }));
const keys = {
  deviceId: 1,
  registrationId: 4711,
  identityKey: base64('identity'),
  signedPrekey: { id: 9, publicKey: base64('signed'), signature: base64('signature') },
};

async function upload(input: object, as = owner) {
  const query = `mutation ($input: UploadPrekeysInput!) {
    uploadPrekeys(input: $input) { prekeyCount device { deviceId registrationId } } }`;
  const { data, errors } = await communication.send(query, { as: as.as, variables: { input: { ...keys, ...input } } });
  return errors[0]?.extensions.code ?? data.uploadPrekeys.prekeyCount;
}

async function claim({
  as = other,
  userId = owner.id,
  deviceId = 1,
  key,
}: {
  as?: Person;
  userId?: string;
  deviceId?: number;
  key?: string;
} = {}) {
  const query = `mutation ($input: ClaimPrekeyBundleInput!) { claimPrekeyBundle(input: $input) { bundle {
    deviceId registrationId identityKey signedPrekey { id publicKey signature } oneTimePrekey { id publicKey } } } }`;
  const headers: Record<string, string> = key === undefined ? {} : { [headerNames.idempotencyKey]: key };
  return communication.send(query, { as: as.as, variables: { input: { userId, deviceId } }, headers });
}

async function count(deviceId = 1) {
  const query = 'query ($id: Int!) { prekeyCount(deviceId: $id) }';
  return (await communication.send(query, { as: owner.as, variables: { id: deviceId } })).data.prekeyCount;
}

test('a bundle is what the device uploaded, with one of its one-time prekeys', async () => {
  expect(await count()).toBeNull();
  expect(await upload({ oneTimePrekeys: prekeys(1, 2) })).toBe(2);
  const { data, errors } = await claim();
  expect(errors).toEqual([]);
  expect(data.claimPrekeyBundle.bundle).toEqual({ ...keys, oneTimePrekey: prekeys(1, 1)[0] });
  expect(await count()).toBe(1);
  const devices = 'query ($id: ID!) { prekeyDevices(userId: $id) { deviceId registrationId } }';
  const listed = await communication.send(devices, { as: other.as, variables: { id: owner.id } });
  expect(listed.data.prekeyDevices).toEqual([{ deviceId: 1, registrationId: 4711 }]);
});

test('of many who claim at once each gets another one-time prekey, and the rest the signed prekey alone', async () => {
  await upload({ oneTimePrekeys: prekeys(1, 30) });
  const answers = await Promise.all(Array.from({ length: 50 }, () => claim()));
  expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
  const bundles = answers.map(({ data }) => data.claimPrekeyBundle.bundle);
  const handedOut = bundles.flatMap(({ oneTimePrekey }) => oneTimePrekey?.id ?? []);
  expect(handedOut.toSorted((a, b) => a - b)).toEqual(prekeys(1, 30).map(({ id }) => id));
  for (const bundle of bundles) expect(bundle).toMatchObject(keys);
  expect(await count()).toBe(0);
});

test('a one-time prekey that was handed out is not handed out again because it was uploaded again', async () => {
  await upload({ oneTimePrekeys: prekeys(1, 2) });
  await claim();
  expect(await upload({ oneTimePrekeys: prekeys(1, 3) })).toBe(2);
  const ids = [await claim(), await claim(), await claim()].map(
    ({ data }) => data.claimPrekeyBundle.bundle.oneTimePrekey?.id,
  );
  expect(ids).toEqual([2, 3, undefined]);
});

test('a claim that is repeated with its idempotency key gets the same prekey, and takes no other', async () => {
  await upload({ oneTimePrekeys: prekeys(1, 2) });
  const key = `${hex('a')}:${hex('b')}`;
  const [first, repeat] = [await claim({ key }), await claim({ key })];
  expect(repeat.data).toEqual(first.data);
  expect(await count()).toBe(1);
});

test('with another identity key the one-time prekeys of the old one are gone', async () => {
  await upload({ oneTimePrekeys: prekeys(1, 5) });
  const identityKey = base64('another identity');
  expect(await upload({ identityKey, oneTimePrekeys: prekeys(1, 1) })).toBe(1);
  const { bundle } = (await claim()).data.claimPrekeyBundle;
  expect(bundle).toMatchObject({ identityKey, oneTimePrekey: { id: 1 } });
});

test('keys are bounded in size and number, and devices in number', async () => {
  expect(await upload({ identityKey: Buffer.alloc(4_097).toString('base64') })).toBe('BAD_USER_INPUT');
  expect(await upload({ identityKey: 'no base64' })).toBe('BAD_USER_INPUT');
  expect(await upload({ deviceId: 0 })).toBe('BAD_USER_INPUT');
  expect(await upload({ oneTimePrekeys: prekeys(1, 101) })).toBe('BAD_USER_INPUT');
  expect(await upload({ oneTimePrekeys: [...prekeys(1, 1), ...prekeys(1, 1)] })).toBe('BAD_USER_INPUT');
  expect([
    await upload({ oneTimePrekeys: prekeys(1, 100) }),
    await upload({ oneTimePrekeys: prekeys(101, 100) }),
  ]).toEqual([100, 200]);
  expect(await upload({ oneTimePrekeys: prekeys(201, 1) })).toBe('BAD_USER_INPUT');
  expect(await count()).toBe(200);
  const more = await Promise.all(Array.from({ length: 12 }, (_, at) => upload({ deviceId: at + 2 })));
  expect(more.filter((answer) => answer === 'BAD_USER_INPUT')).toHaveLength(3);
});

test('who blocks, is unknown or has no such device gives no bundle', async () => {
  await upload({ oneTimePrekeys: prekeys(1, 1) });
  const blocked = await communication.person();
  communication.social.block(owner.id, blocked.id);
  const codes = await Promise.all([
    claim({ as: blocked }),
    claim({ userId: randomUUID() }),
    claim({ userId: 'x' }),
    claim({ deviceId: 2 }),
  ]);
  expect(codes.map(({ errors }) => errors[0]?.extensions.code)).toEqual([
    'USER_UNREACHABLE',
    'NOT_FOUND',
    'NOT_FOUND',
    'NOT_FOUND',
  ]);
  expect(await count()).toBe(1);
});
