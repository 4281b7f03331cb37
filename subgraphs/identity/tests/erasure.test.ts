import { randomBytes, randomUUID } from 'node:crypto';
import { fromBinary } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { append } from '@nova/outbox';
import type { Database } from '@nova/postgres';
import { UserDataErasedSchema } from '@nova/proto/nova/identity/v1/identity_events_pb.js';
import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import { traceparentFrom } from '@nova/runtime';
import { roles } from '@nova/subgraph';
import { openTestDatabase, startSubgraphs, subgraphClient, type TestSubgraphs } from '@nova/testkit';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tables } from '../src/db/tables.ts';
import { identityClient, password, type SessionPayload } from './identity-under-test.ts';

let subgraphs: TestSubgraphs<'identity' | 'user'>;
let user: Database<Tables>;
let identity: Database<Tables>;
let ask: ReturnType<typeof identityClient>;

beforeAll(async () => {
  subgraphs = await startSubgraphs({ roles, domains: ['identity', 'user'] });
  const open = (domain: string) => openTestDatabase<Tables>(subgraphs.database.urlFor(domain));
  user = open('user');
  identity = open('identity');
  ask = identityClient(subgraphClient(subgraphs.identity.graphqlUrl, subgraphs.keys));
});
afterAll(async () => {
  await user?.stop();
  await identity?.stop();
  await subgraphs?.stop();
});

/** As the user domain does when somebody asks for it. */
function requestErasure(userId: string): Promise<void> {
  const message = { userId, requestedAt: timestampNow() };
  const origin = { correlationId: randomUUID(), traceparent: traceparentFrom(undefined) };
  return user.db
    .transaction()
    .execute((tx) => append(tx, ErasureRequestedSchema, { aggregateId: userId, message, origin }));
}

/** `table: row` for each row of identity that holds a text, as it is or in the bytes of a column. */
async function rowsWith(db: Kysely<Tables>, text: string): Promise<string[]> {
  const tables = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
    where table_schema = 'identity' and table_type = 'BASE TABLE'`.execute(db);
  const found = await Promise.all(
    tables.rows.map(async ({ name }) => {
      const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.id(name)} t`.execute(db);
      const hex = Buffer.from(text).toString('hex');
      return rows
        .filter(({ row }) => row.toLowerCase().includes(text.toLowerCase()) || row.includes(hex))
        .map(({ row }) => `${name}: ${row}`);
    }),
  );
  return found.flat();
}

async function whenErased(userId: string): Promise<void> {
  await requestErasure(userId);
  const isErased = sql<{ done: boolean }>`
    select exists (select from accounts where id = ${userId}::uuid and username = 'erased') as done`;
  await expect.poll(async () => (await isErased.execute(identity.db)).rows[0]?.done, { timeout: 20_000 }).toBe(true);
}

const subjectOf = ({ account }: SessionPayload) => `google-${account.username}`;

/** An account with everything that identity can keep of one. */
async function signOn(): Promise<SessionPayload> {
  const session = await ask.newAccount();
  await sql`insert into user_permissions (account_id, permission, granted_by)
    values (${session.account.id}, 'delete:post', uuidv7())`.execute(identity.db);
  const { id } = session.account;
  await sql`insert into totp_factors (account_id, sealed_secret, confirmed_at) values (${id}, 'secret', now())`.execute(
    identity.db,
  );
  await sql`insert into recovery_codes (account_id, code_hash) values (${id}, 'code')`.execute(identity.db);
  await sql`insert into login_challenges (token_hash, account_id, expires_at)
    values (${randomBytes(8)}, ${id}, now() + interval '1 minute')`.execute(identity.db);
  await sql`insert into linked_accounts (provider, subject, account_id)
    values ('GOOGLE', ${subjectOf(session)}, ${id})`.execute(identity.db);
  await sql`insert into provider_attempts
    (token_hash, provider, redirect_url, state, nonce, code_verifier, account_id, expires_at)
    values (${randomBytes(8)}, 'WECHAT', 'https://app.nova.test', '1', '2', '3', ${id}, now() + interval '1 minute')`.execute(
    identity.db,
  );
  return session;
}

test('after an erasure nothing that the person gave is left in any column', async () => {
  const session = await signOn();
  const { account } = session;
  const row = await sql<{ hash: string }>`select password_hash as hash from accounts where id = ${account.id}`.execute(
    identity.db,
  );
  const given = [account.email, account.username, subjectOf(session), row.rows[0]?.hash ?? ''];
  for (const text of given) expect(await rowsWith(identity.db, text)).not.toEqual([]);
  await whenErased(account.id);
  // The event of the registration carries the name until it is published.
  await expect.poll(() => rowsWith(identity.db, account.username), { timeout: 20_000 }).toEqual([]);
  for (const text of given) expect(await rowsWith(identity.db, text)).toEqual([]);
});

test('an erasure leaves the account, deleted, and its ended sessions, and no other row with its id', async () => {
  const { account } = await signOn();
  await whenErased(account.id);
  await expect
    .poll(async () => (await rowsWith(identity.db, account.id)).map((row) => row.split(':')[0]).sort(), {
      timeout: 20_000,
    })
    .toEqual(['accounts', 'sessions']);
  const { rows } = await sql`
    select accounts.deleted_at is not null as deleted, accounts.deleted_by = accounts.id as "byOwner",
      revoked_reason as reason, (select count(*)::int from refresh_tokens where session_id = sessions.id) as tokens
    from accounts join sessions on account_id = accounts.id where accounts.id = ${account.id}`.execute(identity.db);
  expect(rows).toEqual([{ deleted: true, byOwner: true, reason: 'erasure', tokens: 0 }]);
});

test('whoever was signed in is signed out, and signing in fails as for somebody who never was', async () => {
  const { account, refreshToken } = await signOn();
  await whenErased(account.id);
  const refreshed = await ask.refresh({ refreshToken });
  expect(refreshed.errors.map(({ extensions }) => extensions.code)).toEqual(['REFRESH_TOKEN_INVALID']);
  const answers = [];
  for (const email of [account.email, 'who.never.was@example.com']) answers.push(await ask.login({ email, password }));
  expect(answers[0]).toEqual(answers[1]);
  expect(answers[0]?.errors.map(({ extensions }) => extensions.code)).toEqual(['INVALID_CREDENTIALS']);
  const ended = await sql<{ id: string }>`select id from sessions where account_id = ${account.id}`.execute(
    identity.db,
  );
  const token = await subgraphs.keys.sign({ kind: 'anonymous' });
  const list = await fetch(subgraphs.identity.revokedSessionsUrl, { headers: { 'x-nova-identity': token } });
  expect(await list.text()).toContain(ended.rows[0]?.id);
  // Email and name are free for whoever comes next.
  const { email, username } = account;
  expect((await ask.register({ email, username, password })).errors).toEqual([]);
});

test('each erasure is answered once, also one of somebody whom identity does not know', async () => {
  const { account } = await signOn();
  const unknown = randomUUID();
  // Keeps what is appended from being published while it is looked at.
  await identity.db.transaction().execute(async (tx) => {
    await sql`create or replace function keep() returns trigger language plpgsql as
      $$ begin insert into kept select new.type, new.payload; return new; end $$`.execute(tx);
    await sql`create table kept (type text, payload bytea)`.execute(tx);
    await sql`create trigger keep before insert on outbox_events for each row execute function keep()`.execute(tx);
  });
  const kept = async () => {
    const { rows } = await sql<{ payload: Buffer }>`
      select payload from kept where type = 'identity.user_data_erased'`.execute(identity.db);
    return rows.map(({ payload }) => fromBinary(UserDataErasedSchema, payload).userId).sort();
  };
  await requestErasure(account.id);
  await requestErasure(unknown);
  await expect.poll(kept, { timeout: 20_000 }).toEqual([account.id, unknown].sort());
});
