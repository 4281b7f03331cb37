import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Feeds, startFeeds } from './_feeds.ts';
import type { Person } from './_social.ts';

const people = 5;

let feeds: Feeds;
beforeAll(async () => {
  // So few that authors cross it in both directions all the time.
  feeds = await startFeeds({ FEED_PUSH_MAX_FOLLOWERS: '2' });
});
afterAll(() => feeds?.stop());

/** `who` and `whom` are indexes of people, `post` one of the posts so far. */
type Relating = {
  readonly verb: 'follow' | 'unfollow' | 'block' | 'unblock';
  readonly who: number;
  readonly whom: number;
};
type Step =
  | Relating
  | { readonly verb: 'write'; readonly who: number }
  | { readonly verb: 'remove'; readonly post: number }
  | { readonly verb: 'settle' };

const index = fc.nat({ max: people - 1 });
const between = (verb: Relating['verb']) => fc.record({ verb: fc.constant(verb), who: index, whom: index });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: between('follow') },
  { weight: 3, arbitrary: between('unfollow') },
  { weight: 1, arbitrary: between('block') },
  { weight: 1, arbitrary: between('unblock') },
  { weight: 8, arbitrary: fc.record({ verb: fc.constant('write' as const), who: index }) },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant('remove' as const), post: fc.nat({ max: 30 }) }) },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant('settle' as const) }) },
);

/** Feeds as anybody would define them. */
function createModel() {
  const follows = new Set<string>();
  const blocks = new Set<string>();
  const posts: { readonly id: string; readonly author: number }[] = [];
  const key = (who: number, whom: number) => `${who}>${whom}`;
  return {
    posts,
    relate({ verb, who, whom }: Relating) {
      if (who === whom) return;
      const blocked = blocks.has(key(who, whom)) || blocks.has(key(whom, who));
      if (verb === 'follow' && !blocked) follows.add(key(who, whom));
      if (verb === 'unfollow') follows.delete(key(who, whom));
      if (verb === 'unblock') blocks.delete(key(who, whom));
      if (verb !== 'block') return;
      blocks.add(key(who, whom));
      follows.delete(key(who, whom));
      follows.delete(key(whom, who));
    },
    feedOf(who: number): string[] {
      const followed = posts.filter(({ author }) => follows.has(key(who, author)));
      return followed
        .map(({ id }) => id)
        .sort()
        .reverse();
    },
  };
}

async function take(each: Step, model: ReturnType<typeof createModel>, cast: readonly Person[]): Promise<void> {
  if (each.verb === 'settle') return feeds.settled();
  if (each.verb === 'remove') {
    const [removed] = model.posts.splice(each.post % Math.max(1, model.posts.length), 1);
    if (removed) await feeds.remove(cast[removed.author] as Person, removed.id);
    return;
  }
  const person = cast[each.who] as Person;
  if (each.verb === 'write') model.posts.push({ id: await feeds.write(person), author: each.who });
  else {
    model.relate(each);
    await feeds.relate(person, each.verb, (cast[each.whom] as Person).id);
  }
}

test('after whatever happened every feed shows the posts of those whom its owner follows, newest first', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }), async (steps) => {
      const cast = await Promise.all(Array.from({ length: people }, () => feeds.person()));
      const model = createModel();
      for (const each of steps) await take(each, model, cast);
      await feeds.settled();
      for (const [who, person] of cast.entries()) expect(await feeds.feed(person, 3)).toEqual(model.feedOf(who));
    }),
    { numRuns: 6 },
  );
}, 300_000);
