import { randomUUID } from 'node:crypto';
import { append } from '@nova/outbox';
import { openDatabase } from '@nova/postgres';
import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import { createLogger, type Identity } from '@nova/runtime';
import { roles } from '@nova/subgraph';
import { type GraphqlAnswer, redisFor, registerAccount, statementsDuring, subgraphClient } from '@nova/testkit';
import { expect, type TestContext, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { createContentService } from '../src/service.ts';
import { type ContentUnderTest, newPost, startContent } from './_content.ts';

type Send = ContentUnderTest['send'];

/** Well before a memory forgets of itself. */
const soon = { timeout: 8_000 };
const log = createLogger({ service: 'test', level: 'silent' });

/** Content twice over one database, with a Redis that both share. */
async function startTwo(context: TestContext, options: Parameters<typeof startContent>[0] = {}) {
  const { url } = await redisFor(context);
  const content = await startContent({ ...options, env: { REDIS_URL: url } });
  context.onTestFinished(() => content.stop());
  const env = {
    APP_ENV: 'test',
    ...Object.fromEntries(['GRAPHQL_PORT', 'GRPC_PORT', 'ADMIN_PORT'].map((port) => [port, '0'])),
    DATABASE_URL: content.database.urlFor('content'),
    IDENTITY_PUBLIC_KEY_FILE: content.keys.identityPublicKeyFile,
    SERVICE_KEY_FILE: content.keys.serviceKeyFile,
    SOCIAL_GRPC_URL: content.socialPeer.address,
    REDIS_URL: url,
  };
  const second = await createContentService(toConfig(readEnv(env)), { log, roles: new Set(['graphql']) });
  context.onTestFinished(() => second.stop());
  return { content, one: content.send, other: subgraphClient(second.graphqlUrl, content.keys) };
}

async function read(send: Send, id: string, as?: Identity): Promise<string | undefined> {
  const answer = await send('query ($id: ID!) { post(id: $id) { body } }', { variables: { id }, ...(as && { as }) });
  expect(answer.errors).toEqual([]);
  return answer.data.post?.body;
}

/** Until both answer without asking the database. */
async function warm(id: string, ...sends: Send[]): Promise<void> {
  for (const send of sends)
    await expect.poll(() => statementsDuring(() => read(send, id)).then(ofPosts), { interval: 5 }).toEqual([]);
}

const ofPosts = (statements: readonly string[]) => statements.filter((text) => text.includes('active_posts'));

const edit = (send: Send, as: Identity, input: object): Promise<GraphqlAnswer> =>
  send('mutation ($input: EditPostInput!) { editPost(input: $input) { post { id } } }', { as, variables: { input } });

test('who edits or deletes a post reads it so at once, and soon so does everybody at other replicas', async (context) => {
  const { content, one, other } = await startTwo(context);
  const id = await newPost(content, { body: 'First.' });
  await warm(id, one, other);
  expect((await edit(one, content.author, { id, body: 'Second.' })).errors).toEqual([]);
  expect(await read(one, id)).toBe('Second.');
  await expect.poll(() => read(other, id), soon).toBe('Second.');
  await warm(id, one, other);
  await other('mutation ($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }', {
    as: content.author,
    variables: { id },
  });
  expect(await read(other, id)).toBeUndefined();
  await expect.poll(() => read(one, id), soon).toBeUndefined();
});

test('a post that is kept is still seen by those only who may see it', async (context) => {
  const { content, one } = await startTwo(context);
  const stranger = await registerAccount(content, 'grace');
  const id = await newPost(content, { body: 'For friends.', visibility: 'FOLLOWERS' });
  expect(await read(one, id, content.author)).toBe('For friends.');
  expect(await read(one, id, content.author)).toBe('For friends.');
  expect(await read(one, id, stranger)).toBeUndefined();
  expect(await read(one, id)).toBeUndefined();
});

test('a hundred readers of a post that nobody has read cost one statement', async (context) => {
  const { content, one } = await startTwo(context);
  await warm(await newPost(content, {}), one);
  const id = await newPost(content, {});
  const statements = await statementsDuring(() => Promise.all(Array.from({ length: 100 }, () => read(one, id))));
  expect(ofPosts(statements)).toHaveLength(1);
});

test('of who is erased no replica answers a post', async (context) => {
  const { content, one, other } = await startTwo(context, { roles });
  const person = await registerAccount(content, 'erin');
  const id = await newPost(content, { body: 'Mine.' }, person);
  await warm(id, one, other);
  const url = content.database.urlFor('user');
  const user = openDatabase({ url, poolMax: 1, applicationName: 'test', log });
  context.onTestFinished(() => user.stop());
  const origin = { correlationId: randomUUID(), traceparent: '' };
  const { userId } = person;
  await user.db
    .transaction()
    .execute((tx) => append(tx, ErasureRequestedSchema, { aggregateId: userId, message: { userId }, origin }));
  const erased = async () => {
    const rows = await content.db.selectFrom('posts').select('deleted_at').where('id', '=', id).execute();
    return rows[0]?.deleted_at !== null;
  };
  await expect.poll(erased, { timeout: 110_000 }).toBe(true);
  await expect.poll(() => Promise.all([read(one, id), read(other, id)])).toEqual([undefined, undefined]);
});
