import { randomUUID } from 'node:crypto';
import { PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { AccountRegisteredSchema } from '@nova/proto/nova/identity/v1/identity_events_pb.js';
import { ProfileChangedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { idsOf, type SearchUnderTest, startSearch } from './_search.ts';

let search: SearchUnderTest;
beforeAll(async () => {
  search = await startSearch();
});
afterAll(() => search?.stop());

const found = async (query: string) => idsOf(await search.find({ query, first: 100 }));

test('a post is found by what it says now, and by nothing that it said before', async () => {
  const id = await search.post('Cumulus over the valley');
  await search.settled();
  expect(await found('cumulus')).toEqual([id]);
  await search.editPost(id, { body: 'Stratus over the valley' });
  await search.settled();
  expect(await found('cumulus')).toEqual([]);
  expect(await found('stratus')).toEqual([id]);
});

test('what is for followers only is not found, from the moment on that it is', async () => {
  const secret = await search.post('Confidential picnic', { isPublic: false });
  const open = await search.post('Confidential concert');
  await search.settled();
  expect(await found('confidential')).toEqual([open]);
  await search.editPost(open, { isPublic: false });
  await search.editPost(secret, { isPublic: true });
  await search.settled();
  expect(await found('confidential')).toEqual([secret]);
});

test('who does not want to be found is not, and is again when they do', async () => {
  const id = await search.person({ username: 'hermit_1', isDiscoverable: false });
  await search.settled();
  expect(await found('hermit_1')).toEqual([]);
  search.owners.profiles.set(id, { username: 'hermit_1', displayName: 'Out of the cave' });
  await search.tellOfUser(id);
  await search.settled();
  expect(await found('hermit_1')).toEqual([id]);
  search.owners.profiles.set(id, { username: 'hermit_1', isDiscoverable: false });
  await search.tellOfUser(id);
  await search.settled();
  expect(await found('hermit_1')).toEqual([]);
});

test('a new account is found before its owner has a profile, and never in place of one', async () => {
  const register = (id: string, username: string) =>
    search.events.publish(AccountRegisteredSchema, { key: id, message: { accountId: id, username } });
  const fresh = randomUUID();
  await register(fresh, 'newcomer_1');
  const known = await search.person({ username: 'newcomer_2', displayName: 'Known By Name' });
  await search.settled();
  await register(known, 'newcomer_2');
  const hidden = randomUUID();
  search.owners.profiles.set(hidden, { username: 'newcomer_3', isDiscoverable: false });
  await register(hidden, 'newcomer_3');
  await search.settled();
  expect(await found('newcomer_1')).toContain(fresh);
  expect(await found('known by name')).toEqual([known]);
  expect(await found('newcomer_3')).not.toContain(hidden);
});

test('events that come again or in the wrong order end in what is so now', async () => {
  const id = await search.post('Perihelion of a comet');
  await search.settled();
  const { authorId = '' } = search.owners.posts.get(id) ?? {};
  await search.deletePost(id);
  await search.settled();
  await search.events.publish(PostCreatedSchema, { key: id, message: { postId: id, authorId } });
  await search.settled();
  expect(await found('perihelion')).toEqual([]);
  const twice = randomUUID();
  search.owners.profiles.set(twice, { username: 'aphelion' });
  const event = { key: twice, message: { userId: twice }, id: randomUUID() };
  await search.events.publish(ProfileChangedSchema, event);
  await search.events.publish(ProfileChangedSchema, event);
  await search.settled();
  expect(await found('aphelion')).toEqual([twice]);
});

test('an answer that was old when it came does not overwrite a newer one', async () => {
  const id = await search.post('Quicksilver draft');
  await search.settled();
  const { authorId = '' } = search.owners.posts.get(id) ?? {};
  const reading = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  search.owners.onRead = async () => {
    search.owners.onRead = async () => undefined;
    reading.resolve();
    await goOn.promise;
  };
  // Another key, so that both events are handled at the same time, as after a rebalance.
  await search.events.publish(PostCreatedSchema, { key: randomUUID(), message: { postId: id, authorId } });
  await reading.promise;
  search.owners.posts.set(id, { authorId, body: 'Final version of it' });
  await search.tellOfPost(id, authorId);
  await search.deletePost(id);
  await expect.poll(waitingForLock).toBeGreaterThan(0);
  goOn.resolve();
  await search.settled();
  expect(await found('quicksilver')).toEqual([]);
  expect(await found('final version')).toEqual([]);
});

async function waitingForLock(): Promise<number> {
  const { rows } = await sql<{ waiting: number }>`
    select count(*)::int as waiting from pg_locks where locktype = 'advisory' and not granted`.execute(search.db);
  return rows[0]?.waiting ?? 0;
}

test('while an owner is away events wait, and nothing is lost', async () => {
  search.owners.away.add('content');
  const id = await search.post('Gyroscope in the attic');
  await expect.poll(async () => (await metric('consumer_retries_total')).length).toBeGreaterThan(0);
  expect(await found('gyroscope')).toEqual([]);
  search.owners.away.delete('content');
  await search.settled();
  expect(await found('gyroscope')).toEqual([id]);
});

test('many events at once are few calls, and how late the index is gets measured', async () => {
  const before = search.owners.asked.getPosts?.length ?? 0;
  // The first call is answered when as many as may are at work on other events.
  search.owners.onRead = async () => {
    search.owners.onRead = async () => undefined;
    await expect.poll(writers).toBe(4);
  };
  const count = 200;
  await Promise.all(Array.from({ length: count }, (_, n) => search.post(`Avalanche ${n}`)));
  await search.settled();
  const sizes = (search.owners.asked.getPosts ?? []).slice(before).map((ids) => ids.length);
  const calls = sizes.length;
  expect(Math.max(...sizes)).toBeGreaterThanOrEqual(3);
  expect(calls).toBeLessThan(count);
  const lines = await metric('search_index_lag_seconds');
  const figure = (part: string) =>
    Number(
      lines
        .find((line) => line.includes(part) && line.includes('post_created'))
        ?.split(' ')
        .at(-1),
    );
  expect(figure('_count')).toBeGreaterThanOrEqual(count);
  const share = (le: string) => figure(`le="${le}"`) / figure('_count');
  console.log(
    `${count} posts at once: ${calls} calls; event to index: ${(1000 * (figure('_sum') / figure('_count'))).toFixed(0)} ms on average, ` +
      `${(100 * share('0.25')).toFixed(0)} % within 0.25 s, ${(100 * share('1')).toFixed(0)} % within 1 s`,
  );
});

async function writers(): Promise<number> {
  const { rows } = await sql<{ writers: number }>`
    select count(*)::int as writers from pg_locks
    where locktype = 'advisory' and granted
      and ((classid::bigint << 32) | objid::bigint) = hashtextextended('search:writers', 0)`.execute(search.db);
  return rows[0]?.writers ?? 0;
}

async function metric(name: string): Promise<string[]> {
  const text = await (await fetch(`${search.service.adminUrl}/metrics`)).text();
  return text.split('\n').filter((line) => line.startsWith(name));
}

test('nothing of an erased person is left in any column of any table, nor comes back', async () => {
  const id = await search.person({ username: 'ephemeral_1', displayName: 'Ephemera Vanish', bio: 'Gone soon' });
  const postId = await search.post('Ephemeral thoughts', { authorId: id });
  const stays = await search.post('Ephemeral thoughts of another');
  await search.settled();
  expect(await columnsWith('phemera')).not.toEqual([]);
  await search.erase(id);
  await search.settled();
  await expect.poll(() => columnsWith('user_data_erased')).toEqual([]);
  for (const text of ['phemera Vanish', 'ephemeral_1', 'Gone soon', id, postId])
    expect(await columnsWith(text)).toEqual([]);
  // Its owners may answer with it for a while.
  await search.tellOfUser(id);
  await search.tellOfPost(postId, id);
  await search.settled();
  await expect.poll(() => columnsWith('user_data_erased')).toEqual([]);
  for (const text of ['ephemeral_1', id, postId]) expect(await columnsWith(text)).toEqual([]);
  expect(await found('ephemeral')).toEqual([stays]);
});

/** Every column of every table of the schema that holds the text. */
async function columnsWith(text: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: search.env.DATABASE_URL });
  await client.connect();
  try {
    const { rows } = await client.query<{ table_name: string }>(
      `select table_name from information_schema.tables where table_schema = 'search' and table_type = 'BASE TABLE'`,
    );
    const hits: string[] = [];
    for (const { table_name: name } of rows) {
      const { rows: held } = await client.query(
        `select 1 from ${client.escapeIdentifier(name)} it where it::text ilike $1 limit 1`,
        [`%${text}%`],
      );
      if (held.length > 0) hits.push(name);
    }
    return hits;
  } finally {
    await client.end();
  }
}
