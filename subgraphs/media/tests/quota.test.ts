import { registerAccount, startSubgraphs, subgraphClient } from '@nova/testkit';
import { expect, test } from 'vitest';

test('an upload takes room of what user keeps for its owner, no more than there is, and gives it back when it is deleted', async () => {
  const subgraphs = await startSubgraphs({
    domains: ['identity', 'user', 'media'],
    roles: ['graphql', 'grpc', 'consumers'],
    env: { STORAGE_LIMIT_BYTES: '1000' },
  });
  try {
    const as = await registerAccount(subgraphs, 'ada');
    const user = subgraphClient(subgraphs.user.graphqlUrl, subgraphs.keys);
    const media = subgraphClient(subgraphs.media.graphqlUrl, subgraphs.keys);
    const announce = (bytes: number) =>
      media('mutation ($input: CreateUploadInput!) { createUpload(input: $input) { asset { id } } }', {
        as,
        variables: { input: { kind: 'IMAGE', contentType: 'image/png', bytes } },
      });
    const used = async () => (await user('{ viewerStorage { usedBytes } }', { as })).data.viewerStorage.usedBytes;
    const { data } = await announce(700);
    expect(Number(await used())).toBe(700);
    expect((await announce(301)).errors[0]?.extensions.code).toBe('RESOURCE_EXHAUSTED');
    expect((await announce(300)).errors).toEqual([]);
    await media('mutation ($id: ID!) { deleteMedia(input: { id: $id }) { deletedMediaId } }', {
      as,
      variables: { id: data.createUpload.asset.id },
    });
    await expect.poll(async () => Number(await used())).toBe(300);
  } finally {
    await subgraphs.stop();
  }
});
