import { randomUUID } from 'node:crypto';
import { SocialService } from '@nova/proto/nova/social/v1/social_service_pb.js';
import { createRpcClient } from '@nova/rpc';
import { callFor, statementsDuring } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, type Social, startSocial } from './_social.ts';

let social: Social;
let ada: Person;
let others: Person[];
let client: ReturnType<typeof createRpcClient<typeof SocialService>>;
beforeAll(async () => {
  social = await startSocial();
  client = createRpcClient(SocialService, { address: social.subgraphs.social.grpcAddress });
  ada = await social.person();
  others = await Promise.all(Array.from({ length: 4 }, () => social.person()));
  const [followed, follower, blocked, blocker] = others as [Person, Person, Person, Person];
  await social.relate(ada, 'follow', followed.id);
  await social.relate(follower, 'follow', ada.id);
  await social.relate(ada, 'block', blocked.id);
  await social.relate(blocker, 'block', ada.id);
});
afterAll(async () => {
  client?.stop();
  await social?.stop();
});

const options = () => callFor(social.keys, { as: ada.as });

test('GetRelations tells how a user stands to each of the others, in their order', async () => {
  const stranger = randomUUID();
  const otherIds = [...others.map(({ id }) => id), stranger].reverse();
  const { relations } = await client.calls.getRelations({ userId: ada.id, otherIds }, await options());
  const none = { follows: false, isFollowedBy: false, blocks: false, isBlockedBy: false };
  const expected = [{ follows: true }, { isFollowedBy: true }, { blocks: true }, { isBlockedBy: true }, {}]
    .map((relation, index) => ({ ...none, ...relation, otherId: otherIds.toReversed()[index] }))
    .reverse();
  expect(relations).toMatchObject(expected);
});

test('CheckBlocked tells who blocks or is blocked, and nobody else', async () => {
  const otherIds = others.map(({ id }) => id);
  const { blockedIds } = await client.calls.checkBlocked({ userId: ada.id, otherIds }, await options());
  expect(blockedIds.toSorted()).toEqual(otherIds.slice(2).toSorted());
});

test.each(['getRelations', 'checkBlocked'] as const)(
  '%s costs one SQL statement for however many others',
  async (method) => {
    const otherIds = Array.from({ length: 1_000 }, () => randomUUID());
    const callWith = await options();
    const statements = await statementsDuring(() => client.calls[method]({ userId: ada.id, otherIds }, callWith));
    expect(statements).toHaveLength(1);
  },
);

test.each(['getRelations', 'checkBlocked'] as const)('%s refuses nobody, and what is no id', async (method) => {
  for (const otherIds of [[], ['nobody']])
    await expect(client.calls[method]({ userId: ada.id, otherIds }, await options())).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
});
