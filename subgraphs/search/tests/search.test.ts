import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hitsStatement } from '../src/searches/search-repository.ts';
import { type SearchTerms, searchTerms } from '../src/searches/search-terms.ts';
import { idsOf, type Page, type SearchUnderTest, startSearch } from './_search.ts';

let search: SearchUnderTest;
beforeAll(async () => {
  search = await startSearch();
});
afterAll(() => search?.stop());

test('the username that was typed comes first, then those that begin so, then names and texts, then what is similar', async () => {
  const exact = await search.person({ username: 'mozart', displayName: 'Wolfgang' });
  const prefix = await search.person({ username: 'mozart_fan', displayName: 'Constanze' });
  const named = await search.person({ username: 'leopold', displayName: 'Leopold Mozart' });
  const post = await search.post('Tonight they play Mozart in the park.');
  const similar = await search.person({ username: 'mozzart', displayName: 'Somebody' });
  await search.settled();
  const page = await search.find({ query: 'Mozart' });
  expect(idsOf(page)).toEqual([exact, prefix, named, post, similar]);
  const scores = page.edges.map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(Math.max(...scores)).toBe(1);
  expect(idsOf(await search.find({ query: 'mozart', types: ['POST'] }))).toEqual([post]);
  expect(idsOf(await search.find({ query: '@mozart', types: ['USER'] }))).toEqual([exact, prefix]);
});

test('of posts with the same words the newer one comes first', async () => {
  const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60 * 1000);
  const old = await search.post('A waterfall in the fog', { createdAt: daysAgo(90) });
  const ancient = await search.post('A waterfall in the fog', { createdAt: new Date(0) });
  const fresh = await search.post('A waterfall in the fog', { createdAt: daysAgo(1) });
  await search.settled();
  expect(idsOf(await search.find({ query: 'waterfall' }))).toEqual([fresh, old, ancient]);
});

test.each([
  ['a letter missing', 'Photosynthesis explained simply', 'photosynthsis'],
  ['two letters exchanged', 'Our favourite restaurant closes', 'restuarant'],
  ['a wrong letter', 'A new kitchen at last', 'kitchan'],
  ['one of two words misspelt', 'Gardening without pesticides', 'gardenning without'],
])('a post is found in spite of %s', async (_what, body, query) => {
  const id = await search.post(body);
  await search.settled();
  expect(idsOf(await search.find({ query }))).toContain(id);
  expect(idsOf(await search.find({ query: 'xylophonist' }))).not.toContain(id);
});

test.each([
  ['Café crème à Orléans', 'cafe'],
  ['Plain cafe without anything', 'CAFÉ'],
  ['Łódź i Kraków', 'lodz'],
  ['Straßenfest in Köln', 'strassenfest'],
  ['Ночной поезд в Москву', 'ПОЕЗД'],
  ['مرحبا بالعالم', 'بالعالم'],
  ['مَرْحَبًا يا صديقي', 'مرحبا'],
  ['שלום עולם', 'עולם'],
  ['今日は東京タワーに行きました', '東京'],
  ['今日は東京タワーに行きました', '京'],
  ['我昨天在北京吃了烤鸭', '烤鸭'],
  ['ฉันรักภาษาไทย', 'ภาษา'],
  ['오늘 서울 날씨가 좋아요', '서울'],
  ['Full width ＡＢＣＤＥ letters', 'abcde'],
  ['Such a party 🎉 yesterday', '🎉'],
  ['Learning #TypeScript today', '#typescript'],
  ['Learning #Rustlang today', 'rustlang'],
  ['Thanks to @grace_hopper', '@grace_hopper'],
  ['It begins with something', 'someth'],
])('"%s" is found by "%s"', async (body, query) => {
  const id = await search.post(body);
  await search.settled();
  expect(idsOf(await search.find({ query, first: 100 }))).toContain(id);
});

test('every word has to occur, and a hashtag is more than its word', async () => {
  const both = await search.post('Zeppelin above the harbour #zeppelin');
  const one = await search.post('Zeppelin above the mountains');
  await search.settled();
  expect(idsOf(await search.find({ query: 'harbour zeppelin' }))).toEqual([both]);
  expect(idsOf(await search.find({ query: '#zeppelin' }))).toEqual([both]);
  expect(new Set(idsOf(await search.find({ query: 'zeppelin' })))).toEqual(new Set([both, one]));
});

const word = fc.stringMatching(/^[\p{L}\p{N}]{1,12}$/u);
const separator = fc.constantFrom(' ', ', ', '. ', '\n', ' - ', '! ', '\t', ' (', ') ', '/', ' & ', " '", ' | ', ':*');

test('whatever is posted is found by any of its words, and no longer when it is deleted', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(word, separator), { minLength: 1, maxLength: 12 }),
      fc.nat(),
      async (parts, chosen) => {
        const authorId = randomUUID();
        const id = await search.post(parts.flat().join(''), { authorId });
        await search.settled();
        const [query = ''] = parts[chosen % parts.length] ?? [];
        const found = async () => {
          const seen: string[] = [];
          for (let after: string | null = null; ; ) {
            const page: Page = await search.find({ query, types: ['POST'], first: 100, after });
            seen.push(...idsOf(page));
            if (!page.pageInfo.hasNextPage) return seen;
            after = page.pageInfo.endCursor;
          }
        };
        expect(await found()).toContain(id);
        await search.deletePost(id);
        await search.settled();
        expect(await found()).not.toContain(id);
      },
    ),
    { numRuns: 25 },
  );
});

test('walking a search with any page sizes gives every hit once, in the order of one large page', async () => {
  const now = Date.now();
  for (let number = 0; number < 40; number += 1)
    await search.post(`Marathon number ${number}`, { createdAt: new Date(now - (number % 4) * 86_400_000) });
  for (let number = 0; number < 6; number += 1) await search.person({ username: `marathon_${number}` });
  await search.post('A maraton without its letter');
  await search.settled();
  const all = idsOf(await search.find({ query: 'marathon', first: 100 }));
  expect(all).toHaveLength(47);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 6 }), async (sizes) => {
      const seen: string[] = [];
      for (let after: string | null = null, step = 0; ; step += 1) {
        const page: Page = await search.find({ query: 'marathon', first: sizes[step % sizes.length], after });
        expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
        seen.push(...idsOf(page));
        if (!page.pageInfo.hasNextPage) break;
        after = page.pageInfo.endCursor;
      }
      expect(seen).toEqual(all);
    }),
    { numRuns: 8 },
  );
});

test('what matched is shown in pieces of plain text, markup included as text', async () => {
  const body = `<b>Bold</b> <script>alert(1)</script> ${'and so on, '.repeat(40)}with lighthouses & Lighthouses at the end of it ${'and on '.repeat(40)}`;
  const id = await search.post(body);
  await search.settled();
  const { edges } = await search.find({ query: 'lighthouses' });
  const [highlight] = edges.find(({ node }) => node.id === id)?.highlights ?? [];
  expect(highlight?.field).toBe('BODY');
  const segments = highlight?.segments ?? [];
  expect(segments.filter(({ isMatch }) => isMatch).map(({ text }) => text)).toEqual(['lighthouses', 'Lighthouses']);
  const shown = segments.map(({ text }) => text).join('');
  expect(shown.length).toBeLessThanOrEqual(170);
  expect(body).toContain(shown.replaceAll('…', ''));
  const markup = await search.find({ query: 'script' });
  expect(markup.edges[0]?.highlights[0]?.segments.map(({ text }) => text).join('')).toContain('<script>alert(1)');
});

test('of a person every text is shown in which a word was found', async () => {
  await search.person({ username: 'botanist', displayName: 'The Botanist', bio: 'Botanist by day, sailor by night.' });
  await search.settled();
  const { edges } = await search.find({ query: 'botanist' });
  expect(edges[0]?.highlights.map(({ field }) => field)).toEqual(['USERNAME', 'DISPLAY_NAME', 'BIO']);
});

test.each([
  ['', 'query'],
  ['   ', 'query'],
  ['x'.repeat(201), 'query'],
  ['x'.repeat(100_000), 'query'],
])('a query that is empty or too long is refused by name (%#)', async (query, field) => {
  const { data, errors } = await search.ask({ query });
  expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
  expect(data.search).toBeNull();
});

const hostile = [
  "a' | b & !c <-> d:*",
  'cat:A & (dog',
  "'; drop table user_documents; --",
  String.raw`\ \' \\ '' "`,
  '%%%',
  '%_%',
  '___',
  'a\u0000b',
  '\u0000',
  '\ud800 lone \udfff',
  '💥'.repeat(100),
  '👩‍👩‍👧‍👦',
  '\u202Eright\u202C to left שלום',
  'ﷺ',
  'ﷺ'.repeat(150),
  '字'.repeat(200),
  'a '.repeat(100),
  '@'.repeat(50),
  '#'.repeat(50),
  '@ # @a #',
  'e\u0301\u0301\u0301',
  '\u0301',
  '$1 {{y}}',
  'x'.repeat(200),
];

test.each(hostile)('a hostile query is only a query (%#)', async (query) => {
  const { errors } = await search.ask({ query, first: 5 });
  expect(errors).toEqual([]);
  const suggestions = await search.send(
    `query ($prefix: String!) { searchSuggestions(prefix: $prefix) { username } }`,
    {
      variables: { prefix: [...query].slice(0, 20).join('') },
    },
  );
  expect(suggestions.errors.filter(({ extensions }) => extensions.code !== 'BAD_USER_INPUT')).toEqual([]);
});

test('whatever is typed, the answer is no failure of ours', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), async (query) => {
      const { errors } = await search.ask({ query, first: 3 });
      expect(errors.map(({ extensions }) => extensions.code).filter((code) => code !== 'BAD_USER_INPUT')).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('a cursor of another search is refused, and so is any other text', async () => {
  await search.person({ username: 'cursor_one' });
  await search.settled();
  const { pageInfo } = await search.find({ query: 'cursor_one' });
  const cursors = [pageInfo.endCursor ?? '', '', 'x', Buffer.from('search:a:1:1:b').toString('base64url')];
  for (const after of cursors) {
    const { errors } = await search.ask({ query: 'another', after });
    expect(errors[0]?.extensions).toMatchObject({ code: 'INVALID_CURSOR', argument: 'after' });
  }
  const { errors } = await search.ask({ query: 'cursor_one', types: ['USER'], after: pageInfo.endCursor });
  expect(errors[0]?.extensions.code).toBe('INVALID_CURSOR');
});

test('suggestions are usernames that begin so, in order, however they are typed', async () => {
  for (const username of ['Sugar_b', 'sugar_a', 'sugarless', 'sugaXr', 'asugar']) await search.person({ username });
  await search.settled();
  const suggest = async (prefix: string, first?: number) => {
    const { data, errors } = await search.send(
      `query ($prefix: String!, $first: Int) { searchSuggestions(prefix: $prefix, first: $first) { username user { id } } }`,
      { variables: { prefix, first } },
    );
    expect(errors).toEqual([]);
    return data.searchSuggestions.map(({ username }: { username: string }) => username);
  };
  expect(await suggest('SUGAR')).toEqual(['sugar_a', 'Sugar_b', 'sugarless']);
  expect(await suggest('@sugar_')).toEqual(['sugar_a', 'Sugar_b']);
  expect(await suggest('sugar', 2)).toEqual(['sugar_a', 'Sugar_b']);
  expect(await suggest('%')).toEqual([]);
});

test('searching 50 000 people and posts reads indexes, not tables', async () => {
  await sql`insert into user_documents
    select gen_random_uuid(), name, name, '', name, name, to_tsvector('simple', name)
    from (select substr(md5(n::text), 1, 12) as name from generate_series(1, 25000) n) t`.execute(search.db);
  await sql`insert into post_documents
    select gen_random_uuid(), gen_random_uuid(), text, now(), text, to_tsvector('simple', text)
    from (select md5((n + 1)::text) || ' ' || md5((n + 2)::text) as text from generate_series(1, 25000) n) t`.execute(
    search.db,
  );
  await sql`vacuum analyze user_documents, post_documents`.execute(search.db);
  for (const query of ['c4ca4238a0b9', 'c4ca4', 'c4ca4238a0b923820dcc509a6f75849b', 'c4ca4238ab09', 'nothng']) {
    const terms = searchTerms(query) as SearchTerms;
    const request = { terms, types: ['USER', 'POST'] as const, asOf: new Date(), after: null, limit: 21 };
    const { rows } = await sql<{ 'QUERY PLAN': string }>`explain (analyze) ${hitsStatement(request)}`.execute(
      search.db,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).not.toContain('Seq Scan');
  }
});
