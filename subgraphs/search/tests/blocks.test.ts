import { randomUUID } from 'node:crypto';
import { statementsDuring, userIdentity } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { idsOf, type Page, type SearchUnderTest, startSearch } from './_search.ts';

let search: SearchUnderTest;
beforeAll(async () => {
  search = await startSearch();
});
afterAll(() => search?.stop());

const suggestions = `query ($prefix: String!) { searchSuggestions(prefix: $prefix) { user { id } } }`;

test('whoever blocked the viewer, or was blocked by them, is found by others only', async () => {
  const [viewer, stranger] = [randomUUID(), randomUUID()];
  const blocked = await search.person({ username: 'nettle_1' });
  const blocking = await search.person({ username: 'nettle_2' });
  const liked = await search.person({ username: 'nettle_3' });
  const posts = [
    await search.post('A nettle', { authorId: blocked }),
    await search.post('A nettle', { authorId: liked }),
  ];
  await search.settled();
  search.owners.blocks.push([viewer, blocked], [blocking, viewer]);
  const all = new Set([blocked, blocking, liked, ...posts]);
  const seenBy = async (id: string) => new Set(idsOf(await search.find({ query: 'nettle' }, userIdentity(id))));
  expect(await seenBy(stranger)).toEqual(all);
  expect(new Set(idsOf(await search.find({ query: 'nettle' })))).toEqual(all);
  expect(await seenBy(viewer)).toEqual(new Set([liked, posts[1]]));
  const { data } = await search.send(suggestions, { variables: { prefix: 'nettle' }, as: userIdentity(viewer) });
  expect(data.searchSuggestions).toEqual([{ user: { id: liked } }]);
});

test('pages are filled up when some are left out, and a walk ends at the last one', async () => {
  const viewer = randomUUID();
  const [hated, liked] = [randomUUID(), randomUUID()];
  const day = 86_400_000;
  const wanted: string[] = [];
  for (let number = 0; number < 60; number += 1) {
    const isWanted = number % 10 === 9;
    const createdAt = new Date(Date.now() - number * day);
    const id = await search.post('Thistle', { authorId: isWanted ? liked : hated, createdAt });
    if (isWanted) wanted.push(id);
  }
  await search.settled();
  search.owners.blocks.push([viewer, hated]);
  const seen: string[] = [];
  let pages = 0;
  for (let after: string | null = null; ; pages += 1) {
    const page: Page = await search.find({ query: 'thistle', first: 4, after }, userIdentity(viewer));
    seen.push(...idsOf(page));
    if (!page.pageInfo.hasNextPage) break;
    expect(page.pageInfo.endCursor).not.toBe(after);
    after = page.pageInfo.endCursor;
  }
  expect(seen).toEqual(wanted);
  expect(pages).toBeLessThan(6);
});

test('while social is away, who is signed in gets an error that may pass, and everybody else their hits', async () => {
  const id = await search.post('Bramble');
  await search.settled();
  search.owners.away.add('social');
  const { data, errors } = await search.ask({ query: 'bramble' }, userIdentity(randomUUID()));
  expect(data.search).toBeNull();
  expect(errors[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
  expect(idsOf(await search.find({ query: 'bramble' }))).toEqual([id]);
  search.owners.away.delete('social');
});

test.each([10, 50])('a page of %i costs one statement and one question about all its authors', async (first) => {
  const query = `hawthorn${first}`;
  for (let number = 0; number < first + 5; number += 1) await search.post(query);
  await search.settled();
  const before = search.owners.asked.checkBlocked?.length ?? 0;
  let page: Page | undefined;
  const statements = await statementsDuring(async () => {
    page = await search.find({ query, first }, userIdentity(randomUUID()));
  });
  expect(page?.nodes).toHaveLength(first);
  expect(statements.filter((text) => text.includes('_documents'))).toHaveLength(1);
  expect((search.owners.asked.checkBlocked?.length ?? 0) - before).toBe(1);
});
