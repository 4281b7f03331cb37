import { anonymous, headerNames } from '@nova/runtime';
import { createTestKeys } from '@nova/testkit';
import { decodeJwt } from 'jose';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type IdentityUnderTest, startIdentity } from './identity-under-test.ts';

let identity: IdentityUnderTest;
beforeAll(async () => {
  identity = await startIdentity();
});
afterAll(() => identity?.stopAll());
beforeEach(() => sql`truncate sessions cascade`.execute(identity.db));

type Page = {
  accessTokenSeconds: number;
  sessions: Array<{ id: string; revokedAt: string }>;
  continueAfter: string | null;
  nextAfter: string;
};

async function get(after?: string, token?: string): Promise<Response> {
  const query = after === undefined ? '' : `?after=${encodeURIComponent(after)}`;
  const signed = token ?? (await identity.keys.sign(anonymous));
  return fetch(`${identity.revokedSessionsUrl}${query}`, { headers: { [headerNames.identity]: signed } });
}

async function list(after?: string): Promise<Page> {
  const response = await get(after);
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
}

async function endedSession(): Promise<string> {
  const { accessToken, refreshToken } = await identity.newAccount();
  await identity.logout({ refreshToken });
  return String(decodeJwt(accessToken).sid);
}

/** Sessions of one account that ended at the same moment, as many as `count`. */
async function endMany(count: number, at: string): Promise<void> {
  const { account } = await identity.newAccount();
  await sql`insert into sessions (account_id, revoked_at, revoked_reason)
    select ${account.id}, ${at}::timestamptz, 'logout' from generate_series(1, ${count})`.execute(identity.db);
}

const idsOf = ({ sessions }: Page) => sessions.map(({ id }) => id);

test('sessions that were ended, by signing out or by a second use, are listed in that order, with how long their tokens could still be good', async () => {
  const { refreshToken } = await identity.newAccount();
  const ended = [await endedSession(), await endedSession()];
  const page = await list();
  expect(idsOf(page)).toEqual(ended);
  expect(page).toMatchObject({ accessTokenSeconds: 900, continueAfter: null });
  await identity.refresh({ refreshToken });
  await identity.refresh({ refreshToken });
  expect(await list()).toMatchObject({ sessions: { length: 3 } });
});

test('a session that nobody can have a token of is left out', async () => {
  await endMany(1, new Date(Date.now() - 931_000).toISOString());
  await endMany(1, new Date(Date.now() - 899_000).toISOString());
  expect((await list()).sessions).toHaveLength(1);
  expect((await list('2020-01-01T00:00:00Z')).sessions).toHaveLength(1);
});

test('a look begins 30 seconds before the last one, so that what committed late is found', async () => {
  const { nextAfter } = await list();
  expect(Math.abs(Date.now() - 30_000 - Date.parse(nextAfter))).toBeLessThan(5_000);
  const { account } = await identity.newAccount();
  await sql`update sessions set revoked_at = ${nextAfter}::timestamptz + interval '1 second', revoked_reason = 'logout'
    where account_id = ${account.id}`.execute(identity.db);
  expect((await list(nextAfter)).sessions).toHaveLength(1);
  await endMany(1, new Date(Date.parse(nextAfter) - 1_000).toISOString());
  expect((await list(nextAfter)).sessions).toHaveLength(1);
});

test('a long list comes in pages of 10 000, each session once, even when all ended at the same moment', async () => {
  await endMany(20_001, new Date().toISOString());
  const seen = new Set<string>();
  const sizes: number[] = [];
  let after: string | undefined;
  do {
    const page = await list(after);
    sizes.push(page.sessions.length);
    for (const id of idsOf(page)) seen.add(id);
    after = page.continueAfter ?? undefined;
  } while (after !== undefined);
  expect([seen.size, sizes]).toEqual([20_001, [10_000, 10_000, 1]]);
});

test('the list is read from an index', async () => {
  await endMany(5_000, new Date().toISOString());
  const plan = await identity.db.transaction().execute(async (tx) => {
    await sql`set local enable_seqscan = off`.execute(tx);
    return sql<Record<string, string>>`explain select id from sessions
      where revoked_at > now() - interval '1 minute' order by revoked_at, id limit 10`.execute(tx);
  });
  expect(JSON.stringify(plan.rows)).toContain('sessions_revoked');
});

test('only who carries an identity that the gateway signed is told', async () => {
  const strangers = createTestKeys();
  try {
    for (const token of ['', 'forged', await strangers.sign(anonymous)]) {
      const response = await get(undefined, token);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    }
  } finally {
    strangers.remove();
  }
});

test.each([
  '',
  'yesterday',
  '2026-13-01T00:00:00Z',
  "2026-01-01T00:00:00Z' or true --",
  '2026-01-01T00:00:00Z/x',
  '9'.repeat(5_000),
])('a place in the list that is none is refused: %.30s', async (after) => {
  const response = await get(after);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
});
