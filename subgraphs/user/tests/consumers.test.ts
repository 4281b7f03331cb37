import { openDatabase } from '@nova/postgres';
import { createLogger } from '@nova/runtime';
import { roles } from '@nova/subgraph';
import { startSubgraphs, statementsDuring, subgraphClient, type TestSubgraphs, userIdentity } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tables } from '../src/db/tables.ts';

let subgraphs: TestSubgraphs<'identity' | 'user' | 'content'>;
let database: ReturnType<typeof openDatabase<Tables>>;
let ask: Record<'identity' | 'user' | 'content', ReturnType<typeof subgraphClient>>;

beforeAll(async () => {
  subgraphs = await startSubgraphs({ roles, domains: ['identity', 'user', 'content'] });
  const log = createLogger({ service: 'test', level: 'silent' });
  const url = subgraphs.database.urlFor('user');
  database = openDatabase<Tables>({ url, poolMax: 2, applicationName: 'test', log });
  const client = (name: 'identity' | 'user' | 'content') => subgraphClient(subgraphs[name].graphqlUrl, subgraphs.keys);
  ask = { identity: client('identity'), user: client('user'), content: client('content') };
});
afterAll(async () => {
  await database?.stop();
  await subgraphs?.stop();
});

async function register(username: string) {
  const answer = await ask.identity(
    'mutation ($input: RegisterInput!) { register(input: $input) { account { id createdAt } } }',
    { variables: { input: { email: `${username}@nova.test`, username, password: 'correct horse battery' } } },
  );
  const { id, createdAt } = answer.data.register.account;
  return { id: id as string, createdAt: createdAt as string, as: userIdentity(id) };
}

async function post({ as }: Awaited<ReturnType<typeof register>>): Promise<string> {
  const answer = await ask.content('mutation { createPost(input: { body: "Hello" }) { post { id } } }', { as });
  return answer.data.createPost.post.id;
}

const references = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on User { postCount } }
}`;

async function postCounts(ids: readonly string[]): Promise<number[]> {
  const representations = ids.map((id) => ({ __typename: 'User', id }));
  const { data } = await ask.user(references, { variables: { representations } });
  return data._entities.map(({ postCount }: { postCount: number }) => postCount);
}

function profileRow(id: string) {
  return database.db.selectFrom('profiles').selectAll().where('id', '=', id).executeTakeFirst();
}

async function eventsSeen(): Promise<number> {
  const { rows } = await sql<{ seen: number }>`select count(*)::int as seen from inbox`.execute(database.db);
  return rows[0]?.seen ?? 0;
}

test('the event of a new account stores the profile that it was shown with before', async () => {
  const { id, createdAt } = await register('rosalind');
  await expect.poll(() => profileRow(id)).toMatchObject({ username: 'rosalind', display_name: 'rosalind', bio: null });
  expect((await profileRow(id))?.joined_at.toISOString()).toBe(createdAt);
});

test('a profile that its owner stored before the event came stays as it is', async () => {
  const before = await eventsSeen();
  const { id } = await database.db.transaction().execute(async (tx) => {
    // Keeps the consumer from handling anything until the owner was faster.
    await sql`lock table inbox in access exclusive mode`.execute(tx);
    const account = await register('barbara');
    const input = { displayName: 'Barbara', bio: 'Maize.' };
    await ask.user('mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { user { id } } }', {
      as: account.as,
      variables: { input },
    });
    return account;
  });
  await expect.poll(eventsSeen).toBe(before + 1);
  expect(await profileRow(id)).toMatchObject({ display_name: 'Barbara', bio: 'Maize.' });
});

test('postCount follows the posts that are made and deleted', async () => {
  const author = await register('grace');
  const [first] = [await post(author), await post(author), await post(author)];
  await expect.poll(() => postCounts([author.id])).toEqual([3]);
  await ask.content('mutation ($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }', {
    as: author.as,
    variables: { id: first },
  });
  await expect.poll(() => postCounts([author.id])).toEqual([2]);
});

test('who never posted has posted nothing', async () => {
  const { id } = await register('silent');
  expect(await postCounts([id])).toEqual([0]);
});

test.each([10, 50])('the post counts of %i users cost one statement beside that of their profiles', async (count) => {
  const ids = await sql<{ id: string }>`
    insert into profiles (id, username, display_name, joined_at)
    select uuidv7(), 'counted_' || ${count}::int || '_' || number, 'Counted', now()
    from generate_series(1, ${count}::int) number returning id`.execute(database.db);
  const statements = await statementsDuring(() => postCounts(ids.rows.map(({ id }) => id)));
  expect(statements.filter((text) => /^select .*(profiles|post_counts)/.test(text))).toHaveLength(2);
});
