import { create, type DescMessage, ScalarType, toBinary } from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import { readEventCatalogue } from '@nova/events';
import { roles } from '@nova/subgraph';
import { userIdentity } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isPersonal } from '../src/domain-events/domain-event-payload.ts';
import { count, post, publish, register, startWorld, type World } from './_events.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld(roles);
});
afterAll(() => world?.stop());

const eventsQuery = `query ($type: String, $aggregateId: ID, $correlationId: String, $first: Int, $after: String) {
  events(type: $type, aggregateId: $aggregateId, correlationId: $correlationId, first: $first, after: $after) {
    nodes { id type version topic aggregateId correlationId occurredAt recordedAt payload }
    pageInfo { hasNextPage endCursor }
  }
}`;

async function trail(variables: object) {
  const { data, errors } = await world.ask(eventsQuery, variables);
  expect(errors).toEqual([]);
  return data.events.nodes as Array<Record<string, string> & { id: string; type: string; payload: string }>;
}

test('what domains do is in the trail, newest first, with the request that caused it', async () => {
  const { id, as } = await register(world, 'rosalind', { 'x-correlation-id': 'caused-by-this' });
  const first = await post(world, as);
  await expect.poll(() => trail({ aggregateId: first })).toHaveLength(1);
  const [created] = await trail({ aggregateId: first });
  expect(created).toMatchObject({ type: 'content.post_created', version: 1, topic: 'content.events' });
  expect(JSON.parse(created?.payload ?? '')).toMatchObject({ postId: first, authorId: id });
  await expect
    .poll(() => trail({ correlationId: 'caused-by-this' }))
    .toMatchObject([{ type: 'identity.account_registered', aggregateId: id }]);
});

/** A message with every text filled: personal ones with `secret`. */
function filled(schema: DescMessage, secret: string): Uint8Array {
  const message = create(schema);
  const view = reflect(schema, message);
  for (const field of schema.fields) {
    if (field.fieldKind !== 'scalar') continue;
    const text = isPersonal(field) ? secret : 'x1';
    if (field.scalar === ScalarType.STRING) view.set(field, text);
    if (field.scalar === ScalarType.BYTES) view.set(field, new TextEncoder().encode(text));
  }
  return toBinary(schema, message);
}

test('every event there is comes into the trail, and nothing that is marked as personal', async () => {
  const secret = 'Ada-Lovelace-herself';
  const { events } = readEventCatalogue();
  for (const { topic, type, version, schema } of events)
    await publish(world, { topic, type, version, key: `filled-${type}`, payload: filled(schema, secret) });
  await expect.poll(() => count(world.db, `audit_events where aggregate_id = 'filled-' || type`)).toBe(events.length);
  const base64 = Buffer.from(secret).toString('base64');
  expect(await count(world.db, `audit_events a where a::text like '%${secret}%' or a::text like '%${base64}%'`)).toBe(
    0,
  );
});

test('nobody who serves can change or delete what is recorded, nor empty a month of it', async () => {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class where relname like 'audit_events%' and relkind in ('r', 'p')`.execute(
    world.db,
  );
  expect(rows.length).toBeGreaterThanOrEqual(3);
  for (const { name } of rows) {
    for (const statement of [`update ${name} set type = ''`, `delete from ${name}`, `truncate ${name}`])
      await expect(sql.raw(statement).execute(world.db), statement).rejects.toMatchObject({ code: '42501' });
  }
});

test('months that are past their retention are dropped whole, later ones stay, and the next one is there', async () => {
  const months = async () => {
    const { rows } = await sql<{ name: string }>`
      select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
      where inhparent = 'audit_events'::regclass order by 1`.execute(world.db);
    return rows.map(({ name }) => name.slice('audit_events_'.length));
  };
  const [current, next] = await months();
  const ago = async (count: number) => {
    const { rows } = await sql<{ name: string; from: string }>`
      select to_char(month, 'YYYYMM') as name, month::text as from from
      (select date_trunc('month', now() at time zone 'UTC') - make_interval(months => ${count}::int) as month)`.execute(
      world.db,
    );
    const { name, from } = rows[0] as { name: string; from: string };
    await sql
      .raw(`create table audit_events_${name} partition of audit_events
        for values from ('${from}+00') to (timestamptz '${from}+00' + interval '1 day')`)
      .execute(world.db);
    return name;
  };
  const [kept] = [await ago(13), await ago(14), await ago(30)];
  await sql`select keep_audit_months(13)`.execute(world.db);
  expect(await months()).toEqual([kept, current, next]);
});

test('an event that finds no partition makes it and is recorded', async () => {
  await sql`drop table ${sql.raw(
    (
      await sql<{ name: string }>`
    select 'audit_events_' || to_char(now() at time zone 'UTC', 'YYYYMM') as name`.execute(world.db)
    ).rows[0]?.name ?? '',
  )}`.execute(world.db);
  const { as } = await register(world, 'barbara');
  const id = await post(world, as);
  await expect.poll(() => trail({ aggregateId: id })).toHaveLength(1);
});

test('the trail is read page by page, each event once', async () => {
  const { as } = await register(world, 'grace');
  const posts = [await post(world, as), await post(world, as), await post(world, as)];
  const type = 'content.post_created';
  await expect
    .poll(async () => (await trail({ type, first: 3 })).map(({ aggregateId }) => aggregateId))
    .toEqual(posts.toReversed());
  const first = (await world.ask(eventsQuery, { type, first: 2 })).data.events;
  expect(first.pageInfo.hasNextPage).toBe(true);
  const rest = await trail({ type, first: 2, after: first.pageInfo.endCursor });
  expect(rest[0]?.aggregateId).toBe(posts[0]);
  expect((await world.ask(eventsQuery, { first: 101 })).errors[0]?.extensions.code).toBe('INVALID_PAGE_SIZE');
});

test('the catalogue says of every event who owns it, what it carries and what of that is personal', async () => {
  const { data } = await world.ask(
    '{ eventTypes { type version topic domain owner message fields { name type isList isPersonal } } }',
  );
  expect(data.eventTypes).toHaveLength(readEventCatalogue().events.length);
  expect(data.eventTypes).toContainEqual({
    type: 'identity.account_registered',
    version: 1,
    topic: 'identity.events',
    domain: 'identity',
    owner: 'Identity team',
    message: 'nova.identity.v1.AccountRegistered',
    fields: [
      { name: 'account_id', type: 'string', isList: false, isPersonal: false },
      { name: 'username', type: 'string', isList: false, isPersonal: true },
      { name: 'registered_at', type: 'google.protobuf.Timestamp', isList: false, isPersonal: false },
    ],
  });
});

test.each([
  'events { nodes { id } }',
  'eventTypes { type }',
  'deadLetters { nodes { id } }',
  'deadLetter(id: "x") { id }',
])('only operators may ask for %s', async (field) => {
  const codeFor = async (as?: Parameters<World['send']>[1]) =>
    (await world.send(`{ ${field} }`, as)).errors[0]?.extensions.code;
  expect(await codeFor()).toBe('UNAUTHENTICATED');
  expect(await codeFor({ as: userIdentity('01999999-0000-7000-8000-000000000009') })).toBe('FORBIDDEN');
});
