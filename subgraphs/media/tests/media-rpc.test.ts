import { randomUUID } from 'node:crypto';
import { MediaService } from '@nova/proto/nova/media/v1/media_service_pb.js';
import { createRpcClient, type RpcClient } from '@nova/rpc';
import { callFor, statementsDuring } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createUpload, deleteMedia, type MediaUnderTest, startMedia } from './_media.ts';

let media: MediaUnderTest;
let client: RpcClient<typeof MediaService>;
beforeAll(async () => {
  media = await startMedia();
  client = createRpcClient(MediaService, { address: media.media.grpcAddress });
});
afterAll(async () => {
  client?.stop();
  await media?.stop();
});

const getAssets = async (ids: string[]) => client.calls.getAssets({ ids }, await callFor(media.keys));

const announce = async (bytes: number) => {
  const { data } = await createUpload(media, media.owner, { contentType: 'image/png', bytes });
  return data.createUpload.asset.id as string;
};

test('services are told whose an asset is, what it is and how far it is; what is not there or deleted is left out', async () => {
  const [waiting, deleted] = [await announce(5), await announce(5)];
  await deleteMedia(media, media.owner, deleted);
  const stream = await media.send('mutation { createLiveStream { asset { id } } }', { as: media.owner });
  const streamId: string = stream.data.createLiveStream.asset.id;
  media.quota.setLimit(0);
  await createUpload(media, media.owner, { contentType: 'image/png', bytes: 6 });
  media.quota.setLimit(1_000_000_000);
  const all = await media.db.selectFrom('assets').select('id').execute();
  const { assets } = await getAssets([...all.map(({ id }) => id), randomUUID()]);
  const ofOwner = { $typeName: 'nova.media.v1.Asset', ownerId: media.owner.userId, state: 1 };
  expect(assets.toSorted((one, other) => one.kind - other.kind)).toEqual([
    { ...ofOwner, id: waiting, kind: 1, contentType: 'image/png', bytes: 5n },
    { ...ofOwner, id: streamId, kind: 3, contentType: '', bytes: 0n },
  ]);
});

test.each([10, 50])('%i assets cost one statement', async (size) => {
  const ids = await Promise.all(Array.from({ length: size }, () => announce(1)));
  const statements = await statementsDuring(async () => expect((await getAssets(ids)).assets).toHaveLength(size));
  expect(statements).toHaveLength(1);
});

test.each([
  { what: 'none', ids: [] },
  { what: 'what is no id', ids: ['x'] },
  { what: 'too many', ids: Array.from({ length: 1_001 }, () => randomUUID()) },
])('asking for $what is refused', async ({ ids }) => {
  await expect(getAssets(ids)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
});
