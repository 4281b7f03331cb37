import { statementsDuring } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './_events.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld(['graphql', 'grpc']);
  await world.admin.query(`
    with letters as (
      insert into "user".dead_letters (consumer_group, topic, partition, "offset", key, headers, value, cause_code, cause, tries)
      select 'user', 'content.events', 0, n, 'key', '{}', convert_to('value ' || n, 'UTF8'), 'FAILED', 'no', 5
      from generate_series(1, 60) n returning id
    )
    insert into events.announced_letters (id, domain, consumer_group, topic, partition, "offset", key, correlation_id, cause_code, cause, tries, failed_at)
    select id, 'user', 'user', 'content.events', 0, 1, 'key', '', 'FAILED', 'no', 5, now() from letters`);
  await world.admin.query(`
    insert into events.audit_events (id, type, version, topic, aggregate_id, correlation_id, occurred_at, payload)
    select uuidv7(), 'a.b', 1, 'a.events', 'x', '', now(), '{}' from generate_series(1, 60)`);
});
afterAll(() => world?.stop());

test.each([10, 50])('%i events of the trail are one statement', async (first) => {
  const statements = await statementsDuring(async () => {
    const { data } = await world.ask('query ($first: Int) { events(first: $first) { nodes { payload } } }', { first });
    expect(data.events.nodes).toHaveLength(first);
  });
  expect(statements.filter((text) => text.includes('audit_events'))).toHaveLength(1);
});

test.each([10, 20, 50])('what %i dead letters carry is one call of their domain for each 20 of them', async (first) => {
  const query = 'query ($first: Int) { deadLetters(first: $first) { nodes { record { value } } } }';
  const statements = await statementsDuring(async () => {
    const { data } = await world.ask(query, { first });
    expect(new Set(data.deadLetters.nodes.map(({ record }: { record: { value: string } }) => record.value)).size).toBe(
      first,
    );
  });
  expect(statements.filter((text) => text.includes('announced_letters'))).toHaveLength(1);
  expect(statements.filter((text) => /from dead_letters/.test(text))).toHaveLength(Math.ceil(first / 20));
  expect(statements.filter((text) => /from dead_letter_audit/.test(text))).toHaveLength(Math.ceil(first / 20));
});
