import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Communication, type Person, startCommunication } from './_communication.ts';

let communication: Communication;
let ada: Person;
let grace: Person;
beforeAll(async () => {
  communication = await startCommunication();
  [ada, grace] = (await communication.people(2)) as [Person, Person];
});
afterAll(() => communication?.stop());

const codeOf = ({ errors }: { errors: readonly { extensions: { code: string } }[] }) => errors[0]?.extensions.code;

async function conversations(viewer: Person, first = 100) {
  const query = `query ($first: Int, $after: String) { viewerConversations(first: $first, after: $after) {
    nodes { id unreadCount lastMessage { id } participants { user { id } isDeleted } } pageInfo { hasNextPage endCursor } } }`;
  const seen = [];
  for (let after: string | null = null; ; ) {
    const { data } = await communication.send(query, { as: viewer.as, variables: { first, after } });
    const page = data.viewerConversations;
    seen.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return seen;
    after = page.pageInfo.endCursor;
  }
}

test('two people have one conversation, whoever of them starts it, and however often', async () => {
  const { id } = await communication.start(ada, [grace]);
  expect((await communication.start(grace, [ada])).id).toBe(id);
  expect((await communication.start(ada, [grace, ada, grace])).id).toBe(id);
  const [conversation] = await conversations(grace);
  expect(conversation).toMatchObject({ id, unreadCount: 0, lastMessage: null });
  const ids = conversation.participants.map(({ user }: { user: { id: string } }) => user.id);
  expect(ids.sort()).toEqual([ada.id, grace.id].sort());
});

test('the same two starting at the same time, from both sides, make one conversation', async () => {
  const [one, two] = (await communication.people(2)) as [Person, Person];
  const started = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      at % 2 === 0 ? communication.start(one, [two]) : communication.start(two, [one]),
    ),
  );
  expect(started.flatMap(({ errors }) => errors)).toEqual([]);
  expect(new Set(started.map(({ id }) => id)).size).toBe(1);
  expect(await conversations(one)).toHaveLength(1);
});

test('a group is a new one each time, of at most 32 people', async () => {
  const others = await communication.people(2);
  const [first, second] = [await communication.start(ada, others), await communication.start(ada, others)];
  expect(first.id).not.toBe(second.id);
  const tooMany = Array.from({ length: 32 }, () => ({ id: randomUUID(), as: ada.as }));
  expect(codeOf(await communication.start(ada, tooMany))).toBe('BAD_USER_INPUT');
  expect(codeOf(await communication.start(ada, [ada]))).toBe('BAD_USER_INPUT');
});

test('nobody talks with who does not exist, nor from an account that is not active', async () => {
  const nobody = { id: randomUUID(), as: ada.as };
  expect(codeOf(await communication.start(ada, [nobody]))).toBe('NOT_FOUND');
  expect(codeOf(await communication.start(ada, [{ ...nobody, id: 'x' }]))).toBe('NOT_FOUND');
  const unknown = { id: randomUUID(), as: { ...ada.as, userId: randomUUID() } };
  expect(codeOf(await communication.start(unknown, [grace]))).toBe('ACCOUNT_INACTIVE');
});

test('who blocks and who is blocked get the same answer, about one person and about a group', async () => {
  const [blocker, blocked, third] = (await communication.people(3)) as [Person, Person, Person];
  communication.social.block(blocker.id, blocked.id);
  const answers = [
    await communication.start(blocker, [blocked]),
    await communication.start(blocked, [blocker]),
    await communication.start(blocked, [third, blocker]),
  ];
  expect(answers.map(codeOf)).toEqual(['USER_UNREACHABLE', 'USER_UNREACHABLE', 'USER_UNREACHABLE']);
  expect(new Set(answers.map(({ errors }) => JSON.stringify([errors[0]?.message, errors[0]?.extensions]))).size).toBe(
    1,
  );
});

test('however large a group is, social is asked once', async () => {
  const others = await communication.people(5);
  communication.social.calls.length = 0;
  await communication.start(ada, others);
  expect(communication.social.calls).toEqual([others.map(({ id }) => id).sort()]);
});

test('the conversation in which something was said last comes first, page by page', async () => {
  const [viewer, ...others] = (await communication.people(6)) as [Person, ...Person[]];
  const ids = [];
  for (const other of others) ids.push((await communication.start(viewer, [other])).id);
  expect((await conversations(viewer, 2)).map(({ id }) => id)).toEqual([...ids].reverse());
  await communication.say(viewer, ids[1] as string);
  const order = [ids[1], ids[4], ids[3], ids[2], ids[0]];
  expect((await conversations(viewer, 2)).map(({ id }) => id)).toEqual(order);
});

test('a conversation is there for those who take part, and for nobody else', async () => {
  const { id } = await communication.start(ada, [grace]);
  const stranger = await communication.person();
  const query = 'query ($id: ID!) { conversation(id: $id) { id } }';
  const read = (as?: Person) => communication.send(query, { variables: { id }, ...(as && { as: as.as }) });
  expect((await read(grace)).data.conversation).toEqual({ id });
  expect((await read(stranger)).data.conversation).toBeNull();
  expect(codeOf(await read())).toBe('UNAUTHENTICATED');
});
