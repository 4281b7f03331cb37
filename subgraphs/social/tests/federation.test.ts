import { openTestDatabase, postGraphql, startFederation, type TestFederation } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';

let federation: TestFederation;
beforeAll(async () => {
  federation = await startFederation({
    roles: ['graphql', 'grpc', 'relay', 'consumers'],
    env: { RATE_LIMIT_USER: 'off', RATE_LIMIT_PUBLIC: 'off', RATE_LIMIT_FIELDS: 'login=off' },
  });
});
afterAll(() => federation?.stop());

async function register(name: string) {
  const input = `{ email: "${name}@nova.test", username: "${name}", password: "correct horse battery" }`;
  const query = `mutation { register(input: ${input}) { accessToken account { id } } }`;
  const { accessToken, account } = (await postGraphql(federation.url, { query })).data.register;
  return { id: account.id as string, token: accessToken as string };
}

function ask(query: string, token: string) {
  return postGraphql(federation.url, { query }, { authorization: `Bearer ${token}` });
}

test('a feed has the posts of those one follows as content has them, and null for one that content does not show', async () => {
  const [author, reader] = [await register('author'), await register('reader')];
  const { data: followed } = await ask(
    `mutation { followUser(input: { userId: "${author.id}" }) { user { username viewerFollows } } }`,
    reader.token,
  );
  expect(followed.followUser.user).toEqual({ username: 'author', viewerFollows: true });
  await ask('mutation { createPost(input: { body: "First light." }) { post { id } } }', author.token);
  const feed = async () => {
    const { data } = await ask(
      '{ homeFeed { nodes { body likeCount viewerLikes author { username viewerFollows } } } }',
      reader.token,
    );
    return data.homeFeed.nodes;
  };
  const post = {
    body: 'First light.',
    likeCount: 0,
    viewerLikes: false,
    author: { username: 'author', viewerFollows: true },
  };
  await expect.poll(feed).toEqual([post]);

  const url = federation.subgraphs.database.urlFor('social');
  const social = openTestDatabase(url);
  await sql`insert into timeline_entries values (${reader.id}, uuidv7(), ${author.id})`.execute(social.db);
  await social.stop();
  expect(await feed()).toEqual([null, post]);
});
