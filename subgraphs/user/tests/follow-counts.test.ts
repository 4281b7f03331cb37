import { append } from '@nova/outbox';
import { UserFollowedSchema, UserUnfollowedSchema } from '@nova/proto/nova/social/v1/social_events_pb.js';
import { roles } from '@nova/subgraph';
import { statementsDuring } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventOrigin, startUser, type UserUnderTest } from './user-under-test.ts';

let user: UserUnderTest;
beforeAll(async () => {
  user = await startUser({ roles });
});
afterAll(() => user?.stopAll());

type Follow = readonly [followerId: string, followeeId: string];

/** As social would. */
function tell(schema: typeof UserFollowedSchema | typeof UserUnfollowedSchema, ...follows: readonly Follow[]) {
  return user.db.transaction().execute(async (tx) => {
    for (const [followerId, followeeId] of follows) {
      const event = { aggregateId: followerId, message: { followerId, followeeId }, origin: eventOrigin };
      await append(tx, schema as typeof UserFollowedSchema, event);
    }
  });
}

const references = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on User { followerCount followingCount } }
}`;

/** Followers and followed of each. */
async function counts(ids: readonly string[]): Promise<[number, number][]> {
  const representations = ids.map((id) => ({ __typename: 'User', id }));
  const { data } = await user.send(references, { variables: { representations } });
  return data._entities.map(({ followerCount, followingCount }: Record<string, number>) => [
    followerCount,
    followingCount,
  ]);
}

test('followerCount and followingCount follow those who begin and cease to follow', async () => {
  const [ada, grace, lise] = ['ada', 'grace', 'lise'].map(user.addAccount) as [string, string, string];
  expect(await counts([ada])).toEqual([[0, 0]]);
  await tell(UserFollowedSchema, [grace, ada], [lise, ada], [ada, grace]);
  await expect
    .poll(() => counts([ada, grace, lise]))
    .toEqual([
      [2, 1],
      [1, 1],
      [0, 1],
    ]);
  await tell(UserUnfollowedSchema, [grace, ada]);
  await expect
    .poll(() => counts([ada, grace]))
    .toEqual([
      [1, 1],
      [1, 0],
    ]);
});

test('many who follow each other at once are counted exactly, and none waits for another in a circle', async () => {
  const ids = Array.from({ length: 12 }, (_, index) => user.addAccount(`circle_${index}`));
  const pairs = ids.flatMap((one) => ids.filter((other) => other !== one).map((other) => [one, other] as const));
  await tell(UserFollowedSchema, ...pairs);
  await expect.poll(() => counts(ids), { timeout: 10_000 }).toEqual(ids.map(() => [11, 11]));
  const page = await (await fetch(`${user.adminUrl}/metrics`)).text();
  expect(page.split('\n').filter((line) => /^consumer_retries_total\{.*[1-9]$/.test(line))).toEqual([]);
});

test('what a count changed is announced for both', async () => {
  const [one, other] = [user.addAccount('announced'), user.addAccount('too')];
  await tell(UserFollowedSchema, [one, other]);
  const announced = async () => {
    const { rows } = await sql<{ key: string }>`
      select distinct key from event_log.records
      where key in (${one}, ${other}) and headers ->> 'event-type' = 'user.profile_changed'`.execute(user.db);
    return rows.length;
  };
  await expect.poll(announced).toBe(2);
});

test.each([10, 50])('both counts of %i users cost one statement beside that of their profiles', async (count) => {
  const { rows } = await sql<{ id: string }>`
    insert into profiles (id, username, display_name, joined_at)
    select uuidv7(), 'counted_' || ${count}::int || '_' || number, 'Counted', now()
    from generate_series(1, ${count}::int) number returning id`.execute(user.db);
  const statements = await statementsDuring(() => counts(rows.map(({ id }) => id)));
  expect(statements.filter((text) => /^select .*(profiles|follow_counts)/.test(text))).toHaveLength(2);
});
