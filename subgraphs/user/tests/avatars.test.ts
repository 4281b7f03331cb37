import { randomUUID } from 'node:crypto';
import { append } from '@nova/outbox';
import { AssetDeletedSchema } from '@nova/proto/nova/media/v1/media_events_pb.js';
import { Kind, State } from '@nova/proto/nova/media/v1/media_service_pb.js';
import { roles } from '@nova/subgraph';
import { userIdentity } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventOrigin, startUser, type UserUnderTest } from './user-under-test.ts';

let user: UserUnderTest;
beforeAll(async () => {
  user = await startUser({ roles });
});
afterAll(() => user?.stopAll());

function setAvatar(userId: string, avatarId: string | null) {
  return user.send(
    'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { user { avatar { id } displayName } } }',
    { as: userIdentity(userId), variables: { input: { avatarId } } },
  );
}

async function avatarOf(id: string) {
  const { data } = await user.send('query ($id: ID!) { user(id: $id) { avatar { id } } }', { variables: { id } });
  return data.user.avatar;
}

test('an image of one’s own becomes the avatar, stays when other fields change, and null takes it away', async () => {
  const id = user.addAccount('rosalind');
  const image = user.addAsset(id);
  expect((await setAvatar(id, image)).data.updateProfile.user.avatar).toEqual({ id: image });
  await user.send('mutation { updateProfile(input: { bio: "X-rays." }) { user { id } } }', { as: userIdentity(id) });
  expect(await avatarOf(id)).toEqual({ id: image });
  expect((await setAvatar(id, null)).data.updateProfile.user.avatar).toBeNull();
  expect(await avatarOf(id)).toBeNull();
});

test.each([
  ['another’s image', () => user.addAsset(randomUUID())],
  ['a video', (id: string) => user.addAsset(id, { kind: Kind.VIDEO })],
  ['an image that is not ready', (id: string) => user.addAsset(id, { state: State.PROCESSING })],
  ['what does not exist', () => randomUUID()],
  ['no id', () => 'no uuid'],
])('%s becomes nobody’s avatar', async (_what, make) => {
  const id = user.addAccount(`u_${Math.random().toString(36).slice(2, 10)}`);
  const { errors } = await setAvatar(id, make(id));
  expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'avatarId' });
  expect(await avatarOf(id)).toBeNull();
});

test('an avatar whose asset is deleted is shown no longer', async () => {
  const id = user.addAccount('barbara');
  const image = user.addAsset(id);
  await setAvatar(id, image);
  const message = { assetId: image, ownerId: id, deletedBy: id };
  await user.db
    .transaction()
    .execute((tx) => append(tx, AssetDeletedSchema, { aggregateId: image, message, origin: eventOrigin }));
  await expect.poll(() => avatarOf(id)).toBeNull();
});
