import { createTestDatabase, type TestDatabase } from '@nova/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runNova } from '../src/nova.ts';

const ada = '01999999-0000-7000-8000-000000000001';
const grace = '01999999-0000-7000-8000-000000000002';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const client = new pg.Client({ connectionString: database.urlFor('content') });
  await client.connect();
  // In one transaction, so with one time: a post and the comments that go with it.
  await client.query(`
    insert into posts (author_id, body, deleted_at, deleted_by)
    select '${ada}', 'Post ' || n, case when n <= 3 then now() end, case when n <= 3 then uuid '${ada}' end from generate_series(1, 5) n;
    insert into comments (post_id, author_id, body, deleted_at, deleted_by)
    select id, '${grace}', 'Comment', deleted_at, deleted_by from posts;
    insert into posts (author_id, body, deleted_at, deleted_by) values ('${ada}', 'Hers', now(), '${grace}')`);
  await client.end();
});
afterAll(() => database?.drop());

async function nova(line: string) {
  const lines: string[] = [];
  const output = { log: (text: string) => lines.push(text), error: (text: string) => lines.push(text) };
  const env = { DATABASE_DIRECT_URL: database.urlFor('content') };
  return { code: await runNova(['deletions', ...line.split(' ')], output, env), text: lines.join('\n') };
}

test('what a user deleted is listed over all tables of the domain, and nothing of anybody else', async () => {
  const { deletions } = JSON.parse((await nova(`${ada} --domain content --json`)).text);
  const tables = deletions.map(({ table }: { table: string }) => table);
  expect(tables.toSorted()).toEqual(['comments', 'comments', 'comments', 'posts', 'posts', 'posts']);
  expect((await nova(`${grace} --domain content`)).text).toMatch(/^DELETED AT +TABLE +KEY\n\S+ \S+ +posts +[\w-]{36}$/);
});

test('page by page nothing is missing and nothing comes twice, though all were deleted at one time', async () => {
  const seen: string[] = [];
  let after = '';
  for (;;) {
    const page = JSON.parse((await nova(`${ada} --domain content --json --first 4${after}`)).text);
    seen.push(...page.deletions.map(({ key }: { key: string }) => key));
    if (!page.next) break;
    after = ` --after ${page.next}`;
  }
  expect(seen).toHaveLength(6);
  expect(new Set(seen).size).toBe(6);
});

test.each([
  ['--domain content', 2, 'Name the user'],
  ['nobody --domain content', 1, 'is no id of a user'],
  [`${ada} --domain content --first 0`, 1, 'from 1 to 500'],
  [`${ada} --domain content --after abc`, 1, 'no cursor'],
])('"%s" is refused in a sentence', async (line, code, said) => {
  expect(await nova(line)).toMatchObject({ code, text: expect.stringContaining(said) });
});
