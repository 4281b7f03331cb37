import { DeadLetterService } from '@nova/proto/nova/common/v1/dead_letter_service_pb.js';
import { createRpcClient } from '@nova/rpc';
import { anonymous, type Identity } from '@nova/runtime';
import { roles } from '@nova/subgraph';
import { callFor, startEvents, subgraphClient, userIdentity } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { operator, operatorId, post, publish, register, startWorld, type World } from './_events.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld(roles);
});
afterAll(() => world?.stop());

const listQuery = `query ($domain: String, $cause: DeadLetterCause, $state: DeadLetterState) {
  deadLetters(domain: $domain, cause: $cause, state: $state, first: 100) {
    nodes { id domain consumerGroup topic key eventType cause message tries state settledAt settledBy }
  }
}`;
const replayOne = `mutation ($id: ID!) {
  replayDeadLetter(input: { id: $id }) {
    deadLetter { id state settledBy message record { replayRequestedBy acts { who what outcome cause } } }
    replay { domain requested hasMore waiting replayed duplicate failed blocked error }
  }
}`;
const replayMany = `mutation ($input: ReplayDeadLettersInput!) {
  replayDeadLetters(input: $input) { replays { domain requested hasMore waiting replayed failed error } }
}`;

type Letter = Record<'id' | 'domain' | 'consumerGroup' | 'key' | 'cause' | 'state' | 'message', string> & {
  tries: number;
};

async function letters(filter: object): Promise<Letter[]> {
  const { data, errors } = await world.ask(listQuery, filter);
  expect(errors).toEqual([]);
  return data.deadLetters.nodes;
}

/** The user domain cannot count posts while `work` runs: what it gets of them is poison. */
async function whileCountingFails(work: () => Promise<void>): Promise<void> {
  await world.admin.query(`alter table "user".post_counts add constraint broken check (false) not valid`);
  try {
    await work();
  } finally {
    await world.admin.query(`alter table "user".post_counts drop constraint broken`);
  }
}

const postCount = async (id: string) =>
  (await world.admin.query(`select posts from "user".post_counts where user_id = $1`, [id])).rows[0]?.posts;

/** Makes `posts` posts that user fails to count; resolves with their letters in user. */
async function poisoned(username: string, posts: number): Promise<{ authorId: string; letters: Letter[] }> {
  const { id, as } = await register(world, username);
  const keys: string[] = [];
  const mine = async () => (await letters({ domain: 'user' })).filter(({ key }) => keys.includes(key));
  await whileCountingFails(async () => {
    for (let made = 0; made < posts; made += 1) keys.push(await post(world, as));
    await expect.poll(mine).toHaveLength(posts);
  });
  return { authorId: id, letters: await mine() };
}

test('what a consumer set aside is seen with its cause and what it carries, mended, replayed, and has its effect once', async () => {
  const { authorId, letters: found } = await poisoned('rosalind', 1);
  const [letter] = found;
  expect(letter).toMatchObject({
    domain: 'user',
    consumerGroup: 'user',
    topic: 'content.events',
    eventType: 'content.post_created',
    cause: 'FAILED',
    message: expect.stringContaining('post_counts'),
    tries: 5,
    state: 'WAITING',
    settledAt: null,
  });
  const query = `query ($id: ID!) { deadLetter(id: $id) { record { headers { name value } value valueBytes acts { what } } } }`;
  const { record } = (await world.ask(query, { id: letter?.id })).data.deadLetter;
  expect(record.headers).toContainEqual({ name: 'event-type', value: 'content.post_created' });
  expect(Buffer.from(record.value, 'base64')).toHaveLength(record.valueBytes);
  expect(await postCount(authorId)).toBeUndefined();

  const { data } = await world.ask(replayOne, { id: letter?.id });
  expect(data.replayDeadLetter).toMatchObject({
    deadLetter: { state: 'REPLAYED', settledBy: operatorId, message: null },
    replay: { domain: 'user', requested: 1, waiting: 0, replayed: 1, failed: 0, error: null },
  });
  expect(data.replayDeadLetter.deadLetter.record.acts).toEqual([
    { who: operatorId, what: 'request', outcome: 'requested', cause: null },
    { who: operatorId, what: 'replay', outcome: 'replayed', cause: null },
  ]);
  expect(await postCount(authorId)).toBe(1);

  const again = await world.ask(replayOne, { id: letter?.id });
  expect(again.data.replayDeadLetter).toMatchObject({ deadLetter: { state: 'REPLAYED' }, replay: { requested: 0 } });
  expect(await postCount(authorId)).toBe(1);
});

test('an event that nobody can read is poison for good: its replay fails, says so, and it waits on', async () => {
  const key = 'poisoned-for-good';
  await publish(world, {
    topic: 'content.events',
    key,
    type: 'content.post_created',
    payload: Buffer.from([0xff, 0xff]),
  });
  const mine = async () => (await letters({ cause: 'MALFORMED', state: 'WAITING' })).filter((each) => each.key === key);
  // Every consumer of posts is in the same plight, the audit trail among them.
  const domains = async () => (await mine()).map(({ domain, consumerGroup }) => `${domain} ${consumerGroup}`);
  await expect.poll(domains).toEqual(expect.arrayContaining(['events audit-trail', 'user user']));
  const two = (await mine()).filter(({ domain }) => domain === 'events' || domain === 'user');
  for (const { id, domain } of two) {
    const { replay, deadLetter } = (await world.ask(replayOne, { id })).data.replayDeadLetter;
    expect(replay).toMatchObject({ domain, requested: 1, waiting: 0, replayed: 0, failed: 1 });
    expect(deadLetter).toMatchObject({ state: 'WAITING', record: { replayRequestedBy: null } });
    expect(deadLetter.record.acts.at(-1)).toMatchObject({ what: 'replay', outcome: 'failed' });
  }
  const tries = async () =>
    (await mine()).filter(({ id }) => two.some((each) => each.id === id)).map((each) => each.tries);
  await expect.poll(tries).toEqual([2, 2]);
});

test('letters of a cause are replayed in bounded batches until there are no more', async () => {
  const { authorId, letters: found } = await poisoned('grace', 3);
  expect(found).toHaveLength(3);
  const ask = async (input: object) => (await world.ask(replayMany, { input })).data.replayDeadLetters.replays;
  expect(await ask({ domain: 'user', cause: 'FAILED', first: 2 })).toMatchObject([
    { domain: 'user', requested: 2, hasMore: true, waiting: 0, replayed: 2 },
  ]);
  expect(await ask({ cause: 'FAILED' })).toMatchObject([{ domain: 'user', requested: 1, hasMore: false, replayed: 1 }]);
  expect(await postCount(authorId)).toBe(3);
  await expect
    .poll(async () =>
      (await letters({ domain: 'user', state: 'REPLAYED' })).filter(({ id }) => found.some((each) => each.id === id)),
    )
    .toHaveLength(3);
});

test('all that waits is asked for in every domain that has any', async () => {
  const { data } = await world.ask(replayMany, { input: { all: true } });
  const domains = data.replayDeadLetters.replays.map(({ domain }: { domain: string }) => domain);
  expect(domains).toEqual(expect.arrayContaining(['events', 'user']));
  expect(new Set(domains).size).toBe(domains.length);
});

test.each([
  ['neither a cause nor all', {}, 'BAD_USER_INPUT'],
  ['both', { cause: 'FAILED', all: true }, 'BAD_USER_INPUT'],
  ['too many at once', { all: true, first: 501 }, 'INVALID_PAGE_SIZE'],
])('replays that say %s are refused', async (_what, input, code) => {
  expect((await world.ask(replayMany, { input })).errors[0]?.extensions.code).toBe(code);
});

test('a letter that does not exist is NOT_FOUND, and so is a domain', async () => {
  const { errors } = await world.ask(replayOne, { id: '01999999-0000-7000-8000-00000000dead' });
  expect(errors[0]?.extensions.code).toBe('NOT_FOUND');
  const { data } = await world.ask(replayMany, { input: { domain: 'nowhere', all: true } });
  expect(data.replayDeadLetters.replays).toMatchObject([{ domain: 'nowhere', requested: 0, error: 'NOT_FOUND' }]);
});

test('while the domain of a letter is away, the letter is still seen, and its replay says what is wrong', async () => {
  const { letters: found } = await poisoned('barbara', 1);
  const alone = await startEvents(world.subgraphs, { USER_GRPC_URL: '127.0.0.1:1' });
  try {
    const send = subgraphClient(alone.graphqlUrl, world.subgraphs.keys);
    const id = found[0]?.id;
    const seen = await send(`query ($id: ID!) { deadLetter(id: $id) { cause record { value } } }`, {
      as: operator,
      variables: { id },
    });
    expect(seen.data.deadLetter).toEqual({ cause: 'FAILED', record: null });
    expect(seen.errors[0]?.extensions.code).toBe('SERVICE_UNAVAILABLE');
    const asked = await send(replayMany, { as: operator, variables: { input: { domain: 'user', all: true } } });
    expect(asked.data.replayDeadLetters.replays).toMatchObject([{ domain: 'user', error: 'SERVICE_UNAVAILABLE' }]);
  } finally {
    await alone.stop();
  }
});

const withoutReplays = userIdentity(operatorId, ['read:events']);

test('who may only read events replays none, neither through the graph nor at the domain itself', async () => {
  const refused = await world.send(replayMany, { as: withoutReplays, variables: { input: { all: true } } });
  expect(refused.errors[0]?.extensions.code).toBe('FORBIDDEN');
  const { grpcAddress } = world.subgraphs.user;
  const client = createRpcClient(DeadLetterService, { address: grpcAddress });
  const as = (identity: Identity) => callFor(world.subgraphs.keys, { as: identity });
  try {
    const { calls } = client;
    const selection = { case: 'all', value: true } as const;
    await expect(calls.replayDeadLetters({ selection, limit: 1 }, await as(withoutReplays))).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    await expect(calls.listDeadLetters({ limit: 1 }, await as(userIdentity(operatorId, [])))).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    const id = '01999999-0000-7000-8000-00000000dead';
    await expect(calls.getDeadLetters({ ids: [id] }, await as(anonymous))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    const page = await calls.listDeadLetters({ limit: 1, causeCode: 'MALFORMED' }, await as(withoutReplays));
    expect(page).toMatchObject({ hasMore: false, deadLetters: [{ causeCode: 'MALFORMED', key: 'poisoned-for-good' }] });
    expect((await calls.getDeadLetters({ ids: [id] }, await as(withoutReplays))).deadLetters).toEqual([]);
  } finally {
    client.stop();
  }
});
