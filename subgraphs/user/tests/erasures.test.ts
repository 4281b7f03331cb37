import { randomUUID } from 'node:crypto';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { append } from '@nova/outbox';
import { UserDataErasedSchema as communication } from '@nova/proto/nova/communication/v1/communication_events_pb.js';
import { UserDataErasedSchema as content } from '@nova/proto/nova/content/v1/content_events_pb.js';
import { UserDataErasedSchema as identity } from '@nova/proto/nova/identity/v1/identity_events_pb.js';
import { UserDataErasedSchema as media } from '@nova/proto/nova/media/v1/media_events_pb.js';
import { UserDataErasedSchema as search } from '@nova/proto/nova/search/v1/search_events_pb.js';
import { UserDataErasedSchema as social } from '@nova/proto/nova/social/v1/social_events_pb.js';
import { UserService } from '@nova/proto/nova/user/v1/user_service_pb.js';
import { createRpcClient } from '@nova/rpc';
import { roles } from '@nova/subgraph';
import { statementsDuring, userIdentity } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { erasingDomains } from '../src/erasures/erasure.ts';
import { eventOrigin, serviceCallFor, startUser, type UserUnderTest } from './user-under-test.ts';

let user: UserUnderTest;
beforeAll(async () => {
  user = await startUser({ roles });
});
afterAll(() => user?.stopAll());

const erasureFields = 'id userId requestedAt completedAt answers { domain erasedAt }';
const operator = userIdentity(randomUUID(), ['read:erasures']);

function deleteMe(userId: string, input: object) {
  return user.send(`mutation ($input: DeleteMeInput!) { deleteMe(input: $input) { erasure { ${erasureFields} } } }`, {
    as: userIdentity(userId),
    variables: { input },
  });
}

async function erasureOf(userId: string) {
  const query = `query ($userId: ID!) { erasure(userId: $userId) { ${erasureFields} } }`;
  return (await user.send(query, { as: operator, variables: { userId } })).data.erasure;
}

/** The domains that have answered. */
async function answered(userId: string): Promise<string[]> {
  const { answers } = await erasureOf(userId);
  return answers.flatMap(({ domain, erasedAt }: { domain: string; erasedAt: string | null }) =>
    erasedAt ? [domain] : [],
  );
}

const others = { identity, content, social, media, communication, search };

type Other = keyof typeof others;

/** As the domains would, when they have erased what they kept. */
function answerAll(answers: readonly (readonly [Other, string])[], erasedAt = new Date()): Promise<void> {
  return user.db.transaction().execute(async (tx) => {
    for (const [domain, userId] of answers) {
      const message = { userId, erasedAt: timestampFromDate(erasedAt) };
      await append(tx, others[domain] as typeof identity, { aggregateId: userId, message, origin: eventOrigin });
    }
  });
}

const answer = (domain: Other, userId: string, erasedAt?: Date) => answerAll([[domain, userId]], erasedAt);

/** Where a text stands in any column of any table of the schema, as table names. */
async function tablesWith(text: string): Promise<string[]> {
  const { rows } = await sql<{ table: string }>`
    select table_name as table from information_schema.tables
    where table_schema = current_schema and table_type = 'BASE TABLE'`.execute(user.db);
  const found: string[] = [];
  for (const { table } of rows) {
    const { rows: hits } = await sql`select from ${sql.table(table)} row 
      where row::text ilike any(${[text, Buffer.from(text).toString('hex')].map((form) => `%${form}%`)}) limit 1`.execute(
      user.db,
    );
    if (hits.length > 0) found.push(table);
  }
  return found.sort();
}

async function metric(series: string): Promise<number> {
  const page = await (await fetch(`${user.adminUrl}/metrics`)).text();
  const plain = page.replaceAll(/,?service="user"/g, '').replaceAll('{}', '');
  const line = plain.split('\n').find((text) => text.startsWith(`${series} `));
  return Number(line?.split(' ').at(-1));
}

test('only who types the name of the account and confirms is erased', async () => {
  const id = user.addAccount('careful');
  for (const [input, field] of [
    [{ confirm: false, username: 'careful' }, 'confirm'],
    [{ confirm: true, username: 'careless' }, 'username'],
  ] as const) {
    expect((await deleteMe(id, input)).errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
  }
  const anonymously = await user.send(
    'mutation { deleteMe(input: { confirm: true, username: "careful" }) { erasure { id } } }',
  );
  expect(anonymously.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  expect(await erasureOf(id)).toBeNull();
});

test('an erasure that is asked for many times at once is one, with one event', async () => {
  const id = user.addAccount('insistent');
  const asked = await Promise.all(
    Array.from({ length: 8 }, () => deleteMe(id, { confirm: true, username: 'insistent' })),
  );
  expect(asked.flatMap(({ errors }) => errors)).toEqual([]);
  const ids = asked.map(({ data }) => data.deleteMe.erasure.id);
  expect(new Set(ids).size).toBe(1);
  await expect.poll(() => answered(id)).toEqual(['user']);
  const { rows } = await sql<{ requests: number }>`
    select count(*)::int as requests from event_log.records
    where key = ${id} and headers::text like '%user.erasure_requested%'`.execute(user.db);
  expect(rows).toEqual([{ requests: 1 }]);
});

test('of an erased person nothing is left in any column of any table, but the erasure and a face without a name', async () => {
  const texts = {
    username: 'vera_secret',
    displayName: 'Vera Secretname',
    bio: 'Galaxies secretly.',
    location: 'Secretville',
  };
  const id = user.addAccount(texts.username);
  const as = userIdentity(id);
  const { username, ...profile } = texts;
  const avatarId = user.addAsset(id);
  await user.send('mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { user { id } } }', {
    as,
    variables: { input: { ...profile, avatarId } },
  });
  await user.send('mutation { updateSettings(input: { timeZone: "Pacific/Chatham" }) { settings { language } } }', {
    as,
  });
  const client = createRpcClient(UserService, { address: user.grpcAddress });
  try {
    await client.calls.reserveQuota(
      { userId: id, reservationId: avatarId, bytes: 10n },
      await serviceCallFor(user.keys),
    );
    for (const text of Object.values(texts)) expect(await tablesWith(text)).toContain('profiles');
    expect(await tablesWith('Chatham')).toEqual(['settings']);
    await deleteMe(id, { confirm: true, username });
    await expect.poll(() => answered(id)).toEqual(['user']);
    await expect.poll(() => tablesWith(id)).toEqual(['erasures', 'profiles']);
    for (const text of [...Object.values(texts), 'Chatham', avatarId])
      expect([text, await tablesWith(text)]).toEqual([text, []]);
    // Whoever still holds a token changes nothing any more.
    const again = client.calls.reserveQuota(
      { userId: id, reservationId: randomUUID(), bytes: 1n },
      await serviceCallFor(user.keys),
    );
    await expect(again).rejects.toMatchObject({ code: 'ACCOUNT_INACTIVE' });
  } finally {
    client.stop();
  }
  const late = await user.send('mutation { updateProfile(input: { bio: "Back." }) { user { id } } }', { as });
  expect(late.errors[0]?.extensions.code).toBe('ACCOUNT_INACTIVE');
  const { data } = await user.send(
    'query ($id: ID!) { user(id: $id) { username displayName bio location avatar { id } } }',
    {
      variables: { id },
    },
  );
  const face = { displayName: 'Deleted user', bio: null, location: null, avatar: null };
  expect(data.user).toEqual({ ...face, username: expect.stringMatching(/^deleted_[0-9a-f]{12}$/) });
});

test('an erasure is complete when every domain has answered, however often and in whatever order', async () => {
  const id = user.addAccount('ada');
  await deleteMe(id, { confirm: true, username: 'ada' });
  const first = new Date('2026-11-20T10:00:00Z');
  await answer('search', id, first);
  await expect.poll(() => answered(id)).toEqual(['user', 'search']);
  await answer('search', id);
  for (const domain of ['media', 'communication', 'content', 'social'] as const) await answer(domain, id);
  await expect.poll(() => answered(id)).toEqual(erasingDomains.filter((domain) => domain !== 'identity'));
  expect((await erasureOf(id)).completedAt).toBeNull();
  await answer('identity', id);
  await expect.poll(() => answered(id)).toEqual([...erasingDomains]);
  const { completedAt, answers } = await erasureOf(id);
  expect(completedAt).not.toBeNull();
  expect(answers.at(-1)).toEqual({ domain: 'search', erasedAt: first.toISOString() });
  const again = await deleteMe(id, { confirm: true, username: 'ada' });
  expect(again.data.deleteMe.erasure.completedAt).toBe(completedAt);
});

test('an erasure whose last two answers come at once is complete', async () => {
  const last: readonly Other[] = ['media', 'social'];
  const answeredBefore = erasingDomains.filter((domain) => !last.includes(domain as Other));
  const { rows } = await sql<{ id: string }>`
    with asked as (insert into erasures (user_id) values (gen_random_uuid()) returning id, user_id),
    before as (insert into erasure_answers select id, unnest(${answeredBefore}::text[]), now() from asked)
    select user_id as id from asked`.execute(user.db);
  const id = rows[0]?.id as string;
  const waiting = async () => {
    const { rows: found } = await sql<{ count: number }>`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(user.db);
    return found[0]?.count;
  };
  // Both are held up until both are there, and go on at the same time.
  await user.db.transaction().execute(async (tx) => {
    await sql`select from erasures where user_id = ${id} for update`.execute(tx);
    await answerAll(last.map((domain) => [domain, id] as const));
    await expect.poll(waiting).toBe(2);
  });
  await expect.poll(() => answered(id)).toEqual([...erasingDomains]);
  expect((await erasureOf(id)).completedAt).not.toBeNull();
});

test('an answer to an erasure that nobody asked for is of no consequence', async () => {
  const seen = async () => {
    const { rows } = await sql<{ events: number }>`select count(*)::int as events from inbox`.execute(user.db);
    return rows[0]?.events ?? 0;
  };
  const before = await seen();
  const id = randomUUID();
  await answer('media', id);
  await expect.poll(seen).toBe(before + 1);
  expect(await erasureOf(id)).toBeNull();
});

test('operators list erasures, open ones or all, and nobody else does', async () => {
  const all = async (args: string) => {
    const query = `{ erasures(${args}) { nodes { userId completedAt } pageInfo { hasNextPage endCursor } } }`;
    return (await user.send(query, { as: operator })).data.erasures;
  };
  const everything = await all('open: false, first: 100');
  const open = await all('first: 100');
  expect(open.nodes.length).toBeGreaterThan(0);
  expect(open.nodes).toEqual(
    everything.nodes.filter(({ completedAt }: { completedAt: string | null }) => completedAt === null),
  );
  const page = await all('open: false, first: 1');
  expect(page).toMatchObject({ nodes: [everything.nodes[0]], pageInfo: { hasNextPage: true } });
  const next = await all(`open: false, first: 1, after: "${page.pageInfo.endCursor}"`);
  expect(next.nodes).toEqual([everything.nodes[1]]);
  for (const query of ['{ erasures { nodes { id } } }', `{ erasure(userId: "${randomUUID()}") { id } }`]) {
    const refused = await user.send(query, { as: userIdentity(randomUUID()) });
    expect(refused.errors[0]?.extensions.code).toBe('FORBIDDEN');
  }
});

test.each([10, 50])('%i erasures with their answers cost two statements', async (count) => {
  await sql`insert into erasures (user_id, completed_at) select gen_random_uuid(), now() from generate_series(1, ${count}::int)`.execute(
    user.db,
  );
  const statements = await statementsDuring(async () => {
    const query = `{ erasures(first: ${count}, open: false) { nodes { answers { domain erasedAt } } } }`;
    expect((await user.send(query, { as: operator })).data.erasures.nodes).toHaveLength(count);
  });
  expect(statements.filter((text) => text.includes('erasure'))).toHaveLength(2);
});

test('metrics say how many erasures are open, since when, and who is waited for', async () => {
  await sql`insert into erasures (user_id, requested_at) values (gen_random_uuid(), now() - interval '3 days')`.execute(
    user.db,
  );
  const { rows } = await sql<{ open: number }>`
    select count(*)::int as open from erasures where completed_at is null`.execute(user.db);
  const open = rows[0]?.open as number;
  await expect.poll(() => metric('user_erasures_open'), { timeout: 10_000 }).toBe(open);
  expect(await metric('user_erasure_oldest_open_age_seconds')).toBeGreaterThanOrEqual(3 * 86_400);
  expect(await metric('user_erasures_waiting{domain="identity"}')).toBe(open);
  expect(await metric('user_erasures_waiting{domain="user"}')).toBe(1);
});
