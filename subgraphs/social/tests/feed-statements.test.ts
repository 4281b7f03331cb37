import { randomUUID } from 'node:crypto';
import { statementsDuring } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Social, startSocial } from './_social.ts';

let social: Social;
beforeAll(async () => {
  social = await startSocial();
});
afterAll(() => social?.stop());

test.each([10, 50])('a feed of %i posts costs one SQL statement, and one more for each sort of field', async (size) => {
  const reader = await social.person();
  const [pushed, merged] = [randomUUID(), randomUUID()];
  await sql`
    with followed as (
      insert into follows (follower_id, followee_id) values (${reader.id}, ${pushed}), (${reader.id}, ${merged})
    ), pushed as (
      insert into timeline_entries (owner_id, post_id, author_id)
      select ${reader.id}, uuidv7(), ${pushed} from generate_series(1, ${size / 2})
    )
    insert into author_posts (author_id, post_id, pushed)
    select ${merged}, uuidv7(), false from generate_series(1, ${size / 2})`.execute(social.db);
  const read = async (fields: string) => {
    const statements = await statementsDuring(async () => {
      const query = `query ($first: Int) { homeFeed(first: $first) { nodes { id ${fields} } } }`;
      const { data } = await social.send(query, { as: reader.as, variables: { first: size } });
      expect(data.homeFeed.nodes).toHaveLength(size);
    });
    return statements.length;
  };
  expect(await read('')).toBe(1);
  expect(await read('likeCount viewerLikes likers(first: 3) { nodes { id viewerFollows } }')).toBe(4);
});
