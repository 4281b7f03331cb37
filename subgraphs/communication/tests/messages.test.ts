import { randomBytes, randomUUID } from 'node:crypto';
import { fromBinary } from '@bufbuild/protobuf';
import { MessageSentSchema } from '@nova/proto/nova/communication/v1/communication_events_pb.js';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { base64, type Communication, type Person, startCommunication } from './_communication.ts';

let communication: Communication;
let ada: Person;
let grace: Person;
let stranger: Person;
let id: string;
beforeAll(async () => {
  communication = await startCommunication();
  [ada, grace, stranger] = (await communication.people(3)) as [Person, Person, Person];
});
afterAll(() => communication?.stop());
beforeEach(async () => {
  ({ id } = await communication.start(ada, [grace]));
});

const codeOf = ({ errors }: { errors: readonly { extensions: { code: string } }[] }) => errors[0]?.extensions.code;

async function read(viewer: Person, fields: string, conversationId = id) {
  const query = `query ($id: ID!) { conversation(id: $id) { ${fields} } }`;
  const { data, errors } = await communication.send(query, { as: viewer.as, variables: { id: conversationId } });
  expect(errors).toEqual([]);
  return data.conversation;
}

async function sentEvents() {
  const { rows } = await sql<{ key: string; payload: Buffer }>`
    select key, payload from outbox_events where type = 'communication.message_sent' order by id`.execute(
    communication.db,
  );
  return rows.map(({ key, payload }) => ({ key, ...fromBinary(MessageSentSchema, payload) }));
}

test('what was sent comes out byte for byte, for every participant', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
      const payload = Buffer.from(bytes).toString('base64');
      expect((await communication.say(ada, id, { payload })).errors).toEqual([]);
      for (const viewer of [ada, grace])
        expect((await read(viewer, 'lastMessage { payload }')).lastMessage).toEqual({ payload });
    }),
    { numRuns: 10 },
  );
});

test('each device gets what was encrypted for it, and nobody what was for others', async () => {
  const ciphertexts = [
    { recipientId: grace.id, deviceId: 1, ciphertext: base64('for the phone') },
    { recipientId: grace.id, deviceId: 2, ciphertext: base64('for the laptop') },
    { recipientId: ada.id, deviceId: 7, ciphertext: base64('for my tablet') },
  ];
  expect((await communication.say(ada, id, { payload: undefined, ciphertexts })).errors).toEqual([]);
  const fields =
    'lastMessage { payload one: ciphertext(deviceId: 1) two: ciphertext(deviceId: 2) seven: ciphertext(deviceId: 7) }';
  expect((await read(grace, fields)).lastMessage).toEqual({
    payload: null,
    one: base64('for the phone'),
    two: base64('for the laptop'),
    seven: null,
  });
  expect((await read(ada, fields)).lastMessage).toMatchObject({ one: null, two: null, seven: base64('for my tablet') });
});

test.each([
  ['no payload', { payload: undefined }],
  ['both', { ciphertexts: [] }],
  ['no ciphertexts', { payload: undefined, ciphertexts: [] }],
  ['no bytes', { payload: '' }],
  ['no base64', { payload: 'what?' }],
  ['base64 with bits that get lost', { payload: 'aGVsbG9=' }],
  ['65 537 bytes', { payload: Buffer.alloc(65_537).toString('base64') }],
  ['an empty clientMessageId', { clientMessageId: '' }],
  ['65 characters of clientMessageId', { clientMessageId: 'x'.repeat(65) }],
])('a message with %s is refused', async (_what, input) => {
  expect(codeOf(await communication.say(ada, id, input))).toBe('BAD_USER_INPUT');
});

test('a ciphertext for somebody else, two for one device and too many bytes are refused', async () => {
  const ciphertext = base64('x');
  const forStranger = [{ recipientId: stranger.id, deviceId: 1, ciphertext }];
  const twice = [1, 1].map((deviceId) => ({ recipientId: grace.id, deviceId, ciphertext }));
  const large = randomBytes(60_000).toString('base64');
  const heavy = Array.from({ length: 9 }, (_, at) => ({ recipientId: grace.id, deviceId: at + 1, ciphertext: large }));
  for (const ciphertexts of [forStranger, twice, heavy])
    expect(codeOf(await communication.say(ada, id, { payload: undefined, ciphertexts }))).toBe('BAD_USER_INPUT');
});

test('only who takes part writes or reads', async () => {
  expect(codeOf(await communication.say(stranger, id))).toBe('NOT_FOUND');
  expect(codeOf(await communication.say(ada, randomUUID()))).toBe('NOT_FOUND');
  expect(codeOf(await communication.say(ada, 'x'))).toBe('NOT_FOUND');
});

test('a message is an event of its conversation, with ids and nothing that was said', async () => {
  await sql`truncate outbox_events`.execute(communication.db);
  const message = await communication.say(ada, id);
  const ids = { messageId: message.id, conversationId: id, senderId: ada.id, recipientIds: [grace.id] };
  expect(await sentEvents()).toMatchObject([{ key: id, ...ids }]);
});

test('one client id is one message with one event, however often and however parallel it is sent', async () => {
  await sql`truncate outbox_events`.execute(communication.db);
  const input = { clientMessageId: randomUUID(), payload: base64('once') };
  const answers = await Promise.all(Array.from({ length: 20 }, () => communication.say(ada, id, input)));
  expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
  expect(new Set(answers.map((answer) => answer.id)).size).toBe(1);
  expect(await sentEvents()).toHaveLength(1);
  expect(codeOf(await communication.say(ada, id, { ...input, payload: base64('another') }))).toBe('CONFLICT');
  const elsewhere = await communication.start(ada, [stranger]);
  expect(codeOf(await communication.say(ada, elsewhere.id, input))).toBe('CONFLICT');
  expect((await communication.say(grace, id, input)).id).not.toBe(answers[0]?.id);
});

test('messages come newest first, page by page, each once', async () => {
  const { id: own } = await communication.start(ada, [await communication.person()]);
  const ids = [];
  for (let at = 0; at < 5; at += 1) ids.push((await communication.say(ada, own)).id);
  const first = await read(ada, 'messages(first: 3) { nodes { id } pageInfo { hasNextPage endCursor } }', own);
  const { endCursor, hasNextPage } = first.messages.pageInfo;
  const rest = await read(
    ada,
    `messages(first: 3, after: "${endCursor}") { nodes { id } pageInfo { hasNextPage } }`,
    own,
  );
  const seen = [...first.messages.nodes, ...rest.messages.nodes].map((node) => node.id);
  expect(seen).toEqual(ids.reverse());
  expect([hasNextPage, rest.messages.pageInfo.hasNextPage]).toEqual([true, false]);
});

test('what was read counts no more, tells the others, and never becomes unread again', async () => {
  const { id: group } = await communication.start(ada, [grace, stranger]);
  const [first, second] = [await communication.say(ada, group), await communication.say(ada, group)];
  const mark = async (viewer: Person, upToMessageId: string) => {
    const query = 'mutation ($input: MarkReadInput!) { markRead(input: $input) { conversation { unreadCount } } }';
    const input = { conversationId: group, upToMessageId };
    const answer = await communication.send(query, { as: viewer.as, variables: { input } });
    return answer.errors[0]?.extensions.code ?? answer.data.markRead.conversation.unreadCount;
  };
  const unread = async (viewer: Person) => (await read(viewer, 'unreadCount', group)).unreadCount;
  const readers = async () => {
    const { messages } = await read(ada, 'messages { nodes { id readBy { id } } }', group);
    return messages.nodes.map((node: { readBy: { id: string }[] }) => node.readBy.map((user) => user.id));
  };
  expect([await unread(ada), await unread(grace)]).toEqual([0, 2]);
  expect(await mark(grace, first.id)).toBe(1);
  expect(await readers()).toEqual([[], [grace.id]]);
  expect(await mark(grace, second.id)).toBe(0);
  expect(await mark(grace, first.id)).toBe(0);
  expect(await readers()).toEqual([[grace.id], [grace.id]]);
  expect(await unread(stranger)).toBe(2);
  const elsewhere = await communication.say(ada, id);
  expect(await mark(grace, elsewhere.id)).toBe('NOT_FOUND');
  expect(await mark(await communication.person(), first.id)).toBe('NOT_FOUND');
});

test('a block ends what two say to each other, for both alike, and what they say in a group goes on', async () => {
  const [one, two] = (await communication.people(2)) as [Person, Person];
  const [pair, group] = [await communication.start(one, [two]), await communication.start(one, [two, ada])];
  expect((await communication.say(two, pair.id)).errors).toEqual([]);
  communication.social.block(one.id, two.id);
  const [mine, theirs] = [await communication.say(one, pair.id), await communication.say(two, pair.id)];
  expect(codeOf(mine)).toBe('USER_UNREACHABLE');
  expect(theirs.errors).toEqual(mine.errors);
  expect((await communication.say(two, group.id)).errors).toEqual([]);
});

test('while social is away nothing is sent that a block might forbid; afterwards it is', async () => {
  await communication.social.whileAway(async () => {
    const answer = await communication.say(ada, id);
    expect(answer.errors[0]?.extensions).toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true });
    expect(codeOf(await communication.start(ada, [stranger]))).toBe('SERVICE_UNAVAILABLE');
  });
  await expect.poll(async () => codeOf(await communication.say(ada, id))).toBeUndefined();
});
