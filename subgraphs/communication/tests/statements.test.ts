import { randomUUID } from 'node:crypto';
import { statementsDuring } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Communication, type Person, startCommunication } from './_communication.ts';

let communication: Communication;
let viewer: Person;
let conversationId: string;
const count = 50;
beforeAll(async () => {
  communication = await startCommunication();
  viewer = await communication.person();
  const { rows } = await sql<{ id: string }>`
    with made as (insert into conversations select from generate_series(1, ${count}::int) returning id),
    mine as (insert into participants (conversation_id, user_id) select id, ${viewer.id}::uuid from made),
    theirs as (insert into participants (conversation_id, user_id) select id, uuidv7() from made)
    select id from made`.execute(communication.db);
  conversationId = rows[0]?.id as string;
  for (const { id } of [...rows, ...Array.from({ length: count - 1 }, () => ({ id: conversationId }))]) {
    await sql`
      with sent as (
        insert into messages (conversation_id, sender_id, payload) values (${id}, uuidv7(), 'x') returning id
      )
      insert into message_ciphertexts select id, ${viewer.id}::uuid, 1, 'x' from sent`.execute(communication.db);
  }
  await sql`
    with told as (
      insert into notifications (id, user_id, kind, conversation_id)
      select uuidv7(), ${viewer.id}::uuid, 'SYSTEM', id from unnest(${rows.map(({ id }) => id)}::uuid[]) id returning id
    )
    insert into notification_actors (notification_id, actor_id) select id, ${randomUUID()}::uuid from told`.execute(
    communication.db,
  );
});
afterAll(() => communication?.stop());

const lists: readonly [
  string,
  string,
  (data: Record<string, { nodes: unknown[] } & { messages: { nodes: unknown[] } }>) => unknown[],
  number,
][] = [
  [
    'conversations',
    `query ($first: Int) { viewerConversations(first: $first) { nodes { id unreadCount participants { user { id } }
      lastMessage { id sender { id } readBy { id } } messages(first: 5) { nodes { payload } } } } }`,
    (data) => data.viewerConversations?.nodes ?? [],
    5,
  ],
  [
    'messages',
    `query ($first: Int, $id: ID!) { conversation(id: $id) { messages(first: $first) { nodes {
      payload ciphertext(deviceId: 1) sender { id } readBy { id } conversation { id } } } } }`,
    (data) => data.conversation?.messages.nodes ?? [],
    4,
  ],
  [
    'notifications',
    `query ($first: Int) { viewerNotifications(first: $first) { nodes {
      kind count actor { id } actors { id } post { id } conversation { id unreadCount } } } unreadNotificationCount }`,
    (data) => data.viewerNotifications?.nodes ?? [],
    5,
  ],
];

test.each(lists)(
  '10 and 50 %s with all that hangs on them cost the same statements',
  async (...[, query, nodesOf, most]) => {
    const sent: number[] = [];
    for (const first of [10, count]) {
      const statements = await statementsDuring(async () => {
        const { data, errors } = await communication.send(query, {
          as: viewer.as,
          variables: { first, id: conversationId },
        });
        expect(errors).toEqual([]);
        expect(nodesOf(data)).toHaveLength(first);
      });
      sent.push(statements.length);
    }
    expect(sent).toEqual([most, most]);
  },
);
