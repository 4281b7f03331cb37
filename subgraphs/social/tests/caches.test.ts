import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import { createLogger } from '@nova/runtime';
import { redisFor, statementsDuring, subgraphClient } from '@nova/testkit';
import { sql } from 'kysely';
import { expect, type TestContext, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { createSocialService } from '../src/service.ts';
import { type Feeds, startFeeds } from './_feeds.ts';

/** Well before a memory forgets of itself. */
const soon = { timeout: 8_000 };

type Send = Feeds['send'];

/** Social twice over one database, with a Redis that both share; the first consumes. */
async function startTwo(context: TestContext) {
  const { url } = await redisFor(context);
  const feeds = await startFeeds({ REDIS_URL: url });
  context.onTestFinished(() => feeds.stop());
  const env = {
    APP_ENV: 'test',
    ...Object.fromEntries(['GRAPHQL_PORT', 'GRPC_PORT', 'ADMIN_PORT'].map((port) => [port, '0'])),
    DATABASE_URL: feeds.database.urlFor('social'),
    IDENTITY_PUBLIC_KEY_FILE: feeds.keys.identityPublicKeyFile,
    SERVICE_KEY_FILE: feeds.keys.serviceKeyFile,
    REDIS_URL: url,
  };
  const log = createLogger({ service: 'test', level: 'silent' });
  const second = await createSocialService(toConfig(readEnv(env)), { log, roles: new Set(['graphql']) });
  context.onTestFinished(() => second.stop());
  return { feeds, one: feeds.send, other: subgraphClient(second.graphqlUrl, feeds.keys) };
}

async function likes(send: Send, id: string): Promise<number> {
  const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Post { likeCount } } }`;
  const { data } = await send(query, { variables: { of: [{ __typename: 'Post', id }] } });
  return data._entities[0].likeCount;
}

/** Until each answers without asking the database. */
async function warm(id: string, ...sends: Send[]): Promise<void> {
  const asked = (send: Send) => statementsDuring(() => likes(send, id));
  for (const send of sends)
    await expect.poll(async () => (await asked(send)).filter((text) => text.includes('post_likes'))).toEqual([]);
}

test('who likes a post counts at once, and soon at other replicas; so does who takes it back', async (context) => {
  const { feeds, one, other } = await startTwo(context);
  const [author, fan] = [await feeds.person(), await feeds.person()];
  const post = feeds.content.post(author);
  await warm(post, one, other);
  for (const [verb, count] of [
    ['like', 1],
    ['unlike', 0],
  ] as const) {
    expect(await feeds.react(fan, verb, post)).toEqual([]);
    expect(await likes(one, post)).toBe(count);
    await expect.poll(() => likes(other, post), soon).toBe(count);
    await warm(post, one, other);
  }
});

test('the likes of who is erased are counted nowhere any more, also while nobody hears that they ended', async (context) => {
  const { feeds, one, other } = await startTwo(context);
  const [author, gone] = [await feeds.person(), await feeds.person()];
  const [likedByGone, likedOfGone] = [feeds.content.post(author), feeds.content.post(gone)];
  await feeds.react(gone, 'like', likedByGone);
  await feeds.react(author, 'like', likedOfGone);
  for (const post of [likedByGone, likedOfGone]) await warm(post, one, other);
  await feeds.settled();
  // What is published of a key that is parked waits.
  await sql`
    insert into outbox_parked_keys (topic, key, shard, row_id, event_id, cause, tries)
    values ('social.events', ${gone.id}, 0, 0, uuidv7(), 'by the test', 1)`.execute(feeds.db);
  await feeds.announce(ErasureRequestedSchema, gone.id, { userId: gone.id });
  for (const post of [likedByGone, likedOfGone]) {
    await expect.poll(() => likes(one, post)).toBe(0);
    await expect.poll(() => likes(other, post), soon).toBe(0);
  }
  expect(await feeds.published(gone.id)).toEqual(['post_liked']);
});
