import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Social, startSocial } from './_social.ts';

const people = 6;

let social: Social;
beforeAll(async () => {
  social = await startSocial();
});
afterAll(() => social?.stop());

const index = fc.nat({ max: people - 1 });
const act = fc.oneof(
  fc.record({ verb: fc.constantFrom('follow', 'unfollow', 'block', 'unblock'), whom: index }),
  fc.record({ verb: fc.constantFrom('like', 'unlike'), whom: index }),
);
/** What each of the people does, one thing after the other. */
const acts = fc.array(fc.array(act, { minLength: 8, maxLength: 8 }), { minLength: people, maxLength: people });

/** Counts that are not what there is to count, and events that are not as many as the changes that stayed. */
async function mistakes(): Promise<unknown[]> {
  const { rows } = await sql`
    select user_id from members
    where followers <> (select count(*) from follows where followee_id = user_id)
      or following <> (select count(*) from follows where follower_id = user_id)
    union all
    select post_id from post_likes where likes <> (select count(*) from likes where likes.post_id = post_likes.post_id)
    union all
    select follower_id from follows
    join blocks on (blocker_id, blocked_id) in ((follower_id, followee_id), (followee_id, follower_id))
    union all
    select null where (select count(*) from follows) <>
      (select count(*) filter (where type = 'social.user_followed') - count(*) filter (where type = 'social.user_unfollowed')
        from outbox_events)
    union all
    select null where (select count(*) from likes) <>
      (select count(*) filter (where type = 'social.post_liked') - count(*) filter (where type = 'social.post_unliked')
        from outbox_events)`.execute(social.db);
  return rows;
}

test('whatever many people do to each other at once, nothing fails and everything is counted and told', async () => {
  await fc.assert(
    fc.asyncProperty(acts, async (lists) => {
      const cast = await Promise.all(Array.from({ length: people }, () => social.person()));
      const posts = cast.map((person) => social.content.post(person));
      const codes = await Promise.all(
        lists.map(async (list, at) => {
          const [who, met] = [cast[at] as (typeof cast)[0], [] as string[]];
          for (const { verb, whom } of list) {
            if (verb === 'like' || verb === 'unlike')
              met.push(...(await social.react(who, verb, posts[whom] as string)));
            else if (whom !== at)
              met.push(...(await social.relate(who, verb as 'follow', (cast[whom] as typeof who).id)));
          }
          return met;
        }),
      );
      expect([...new Set(codes.flat())].filter((code) => code !== 'FORBIDDEN')).toEqual([]);
      expect(await mistakes()).toEqual([]);
    }),
    { numRuns: 5 },
  );
});
