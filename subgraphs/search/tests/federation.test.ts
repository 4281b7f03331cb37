import { openTestDatabase, postGraphql, startFederation, type TestFederation } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tables } from '../src/db/tables.ts';
import { writePosts, writeUsers } from '../src/documents/document-repository.ts';

let federation: TestFederation;
const databases: Array<{ stop(): Promise<void> }> = [];
beforeAll(async () => {
  federation = await startFederation();
});
afterAll(async () => {
  for (const database of databases) await database.stop();
  await federation?.stop();
});

function open<T>(domain: string) {
  const url = federation.subgraphs.database.urlFor(domain);
  const database = openTestDatabase<T>(url);
  databases.push(database);
  return database.db;
}

const id = (last: number) => `01999999-0000-7000-8000-00000000000${last}`;

test('what is found is answered by its owners, and what is gone meanwhile is null', async () => {
  const [ada, adaPost, gonePost] = [id(1), id(2), id(3)];
  await sql`insert into profiles (id, username, display_name, joined_at) values (${ada}, 'ada', 'Ada L.', now())`.execute(
    open('user'),
  );
  await sql`insert into posts (id, author_id, body) values (${adaPost}, ${ada}, 'The engine weaves.')`.execute(
    open('content'),
  );
  const search = open<Tables>('search');
  const replace = 'replace' as const;
  const document = { id: ada, username: 'ada', displayName: 'Ada, Countess', bio: 'Engines' };
  await writeUsers(search, [document], { table: 'user_documents', existing: replace });
  const post = { id: adaPost, authorId: ada, body: 'The engine weaves.', createdAt: new Date() };
  const gone = { id: gonePost, authorId: ada, body: 'An engine of the past', createdAt: new Date(0) };
  await writePosts(search, [post, gone], { table: 'post_documents', existing: replace });
  const { data, errors } = await postGraphql(federation.url, {
    query: `{
      search(query: "engine") {
        edges { score node { ... on User { username displayName } ... on Post { body author { username } } } }
        nodes { __typename }
      }
      searchSuggestions(prefix: "ad") { username user { displayName } }
    }`,
  });
  expect(errors.map(({ path }) => path?.slice(0, 4))).toEqual([['search', 'edges', 2, 'node']]);
  expect(data.search.edges.map(({ node }: { node: unknown }) => node)).toEqual([
    { username: 'ada', displayName: 'Ada L.' },
    { body: 'The engine weaves.', author: { username: 'ada' } },
    null,
  ]);
  expect(data.searchSuggestions).toEqual([{ username: 'ada', user: { displayName: 'Ada L.' } }]);
});
