import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRedis } from '@nova/cache';
import { createMetrics } from '@nova/runtime';
import { postGraphql, redisFor, startEvents, startFederation } from '@nova/testkit';
import { describe, expect, type TestContext, test } from 'vitest';
import { seriesValue } from './_world.ts';

const engines = ['memory', 'redis'] as const;

/** Much less than any subgraph lets its answers be kept, so that it is the purge that shows. */
const soon = { timeout: 20_000 };

const noRateLimits = { RATE_LIMIT_USER: 'off', RATE_LIMIT_PUBLIC: 'off', RATE_LIMIT_FIELDS: 'login=off' };

/** Gateway, subgraphs, relays and consumers over the event log in PostgreSQL. */
async function novaFor(context: TestContext, engine: (typeof engines)[number]) {
  const redisUrl = engine === 'redis' ? (await redisFor(context)).url : undefined;
  const directory = await mkdtemp(join(tmpdir(), 'nova-purge-'));
  context.onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const tokenFile = join(directory, 'token');
  await writeFile(tokenFile, 'purge-token-for-tests-of-forty-characters');
  const shared = { PURGE_TOKEN_FILE: tokenFile, ...(redisUrl && { REDIS_URL: redisUrl }) };
  const federation = await startFederation({
    roles: ['graphql', 'grpc', 'relay', 'consumers'],
    env: { ...shared, ...noRateLimits, ENTITY_CACHE: 'on', ENTITY_CACHE_TIMEOUT_MS: '5000' },
  });
  context.onTestFinished(() => federation.stop());
  const { adminUrl } = federation.gateway;
  const events = await startEvents(federation.subgraphs, { ...shared, GATEWAY_PURGE_URLS: adminUrl });
  context.onTestFinished(() => events.stop());
  const page = async (url: string) => (await fetch(`${url}/metrics`)).text();
  if (redisUrl) await expect.poll(async () => seriesValue(await page(adminUrl), 'redis_connected', {})).toBe(1);

  const ask = async (query: string, token?: string) => {
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    const { data, errors } = await postGraphql(federation.url, { query }, headers);
    expect(errors).toEqual([]);
    return data;
  };
  const register = async (name: string) => {
    const input = `{ email: "${name}@nova.test", username: "${name}", password: "correct horse battery" }`;
    const { register: session } = await ask(`mutation { register(input: ${input}) { accessToken account { id } } }`);
    return { id: session.account.id as string, token: session.accessToken as string };
  };
  const post = async (token: string): Promise<string> =>
    (await ask('mutation { createPost(input: { body: "Hello" }) { post { id } } }', token)).createPost.post.id;
  const calls = async () => {
    const text = await page(adminUrl);
    const of = (subgraph: string) => seriesValue(text, 'gateway_subgraph_request_duration_seconds_count', { subgraph });
    return of('identity') + of('user') + of('content');
  };
  /** Until the query is answered without a call. */
  const kept = (query: string) =>
    expect
      .poll(async () => {
        const before = await calls();
        await ask(query);
        return (await calls()) - before;
      })
      .toBe(0);
  return { redisUrl, ask, register, post, kept, eventsPage: () => page(events.adminUrl) };
}

describe.each(engines)('kept in %s', (engine) => {
  test('what a mutation changes is shown soon, and until then nobody is asked', async (context) => {
    const { ask, register, post, kept } = await novaFor(context, engine);
    const { id, token } = await register('ada');
    const postId = await post(token);
    const person = `{ user(id: "${id}") { displayName postCount } }`;
    const page = `{ post(id: "${postId}") { body commentCount author { displayName postCount } } }`;
    await expect.poll(() => ask(person), soon).toEqual({ user: { displayName: 'ada', postCount: 1 } });
    await kept(person);
    await kept(page);

    const comment = `mutation { addComment(input: { postId: "${postId}", body: "Hi" }) { comment { id } } }`;
    const commentId = (await ask(comment, token)).addComment.comment.id;
    await expect.poll(async () => (await ask(page)).post.commentCount, soon).toBe(1);

    await ask('mutation { updateProfile(input: { displayName: "Ada L." }) { user { id } } }', token);
    await expect.poll(async () => (await ask(page)).post.author.displayName, soon).toBe('Ada L.');
    await expect.poll(async () => (await ask(person)).user.displayName, soon).toBe('Ada L.');

    await post(token);
    await expect.poll(async () => (await ask(page)).post.author.postCount, soon).toBe(2);

    await ask(`mutation { deleteComment(input: { id: "${commentId}" }) { deletedCommentId } }`, token);
    await expect.poll(async () => (await ask(page)).post.commentCount, soon).toBe(0);

    await kept(page);
    await ask(`mutation { deletePost(input: { id: "${postId}" }) { deletedPostId } }`, token);
    await expect.poll(() => ask(page), soon).toEqual({ post: null });
  });

  test('200 changes are shown within moments each', async (context) => {
    const { ask, register, post, kept, eventsPage } = await novaFor(context, engine);
    const { token } = await register('grace');
    const postId = await post(token);
    const page = `{ post(id: "${postId}") { commentCount } }`;
    const comment = `mutation { addComment(input: { postId: "${postId}", body: "Hi" }) { comment { id } } }`;
    await kept(page);
    const shownMs: number[] = [];
    for (let count = 1; count <= 200; count += 1) {
      await ask(comment, token);
      const changedAt = performance.now();
      while ((await ask(page)).post.commentCount < count) expect(performance.now() - changedAt).toBeLessThan(20_000);
      shownMs.push(performance.now() - changedAt);
    }
    const purges = (text: string) =>
      seriesValue(text, 'cache_purge_staleness_seconds_count', { type: 'content.comment_added' });
    await expect.poll(async () => purges(await eventsPage())).toBe(200);
    const text = await eventsPage();
    const figures = {
      cache: engine,
      'commit to purge, p50 ms': quantile(text, 0.5),
      'commit to purge, p99 ms': quantile(text, 0.99),
      'answer to first read that shows it, p50 ms': Math.round(percentile(shownMs, 0.5)),
      'answer to first read that shows it, p99 ms': Math.round(percentile(shownMs, 0.99)),
    };
    console.log(JSON.stringify(figures));
  });
});

test('of two viewers with one Redis nothing personal is kept', async (context) => {
  const { redisUrl = '', ask, register, post, kept } = await novaFor(context, 'redis');
  const [ada, grace] = [await register('ada'), await register('grace')];
  await post(ada.token);
  const query =
    '{ viewer { id email user { displayName } } posts(first: 5) { nodes { body author { displayName } } } }';
  for (const { id, token } of [ada, grace, ada, grace]) expect((await ask(query, token)).viewer.id).toBe(id);
  expect((await ask(query)).viewer).toBeNull();
  await kept('{ posts(first: 5) { nodes { body author { displayName } } } }');
  const { client, isReady, stop } = openRedis({ url: redisUrl, name: 'test', metrics: createMetrics('test') });
  context.onTestFinished(stop);
  await expect.poll(isReady).toBe(true);
  const keys = await client.keys('nova:cache:entry:*');
  const entries = (await client.mget(...keys)).join('\n');
  expect(entries).toContain('Hello');
  expect(entries).toContain('"displayName":"ada"');
  expect(keys.join('\n') + entries).not.toMatch(/@nova\.test|"email"|"viewer"|Account/);
});

/** In milliseconds, between the bounds of the buckets as Prometheus reckons it. */
function quantile(page: string, share: number): number {
  const pattern =
    /^cache_purge_staleness_seconds_bucket\{(?=[^}]*type="content\.comment_added")[^}]*le="([^"]+)"[^}]*\} (\d+)$/gm;
  const buckets = [...page.matchAll(pattern)].map(([, bound, count]) => ({
    bound: Number(bound),
    count: Number(count),
  }));
  const wanted = share * (buckets.at(-1)?.count ?? 0);
  const at = buckets.findIndex(({ count }) => count >= wanted);
  const [below, bucket] = [buckets[at - 1] ?? { bound: 0, count: 0 }, buckets[at] ?? { bound: 0, count: 0 }];
  const part = (wanted - below.count) / Math.max(1, bucket.count - below.count);
  return Math.round(1000 * (below.bound + part * (bucket.bound - below.bound)));
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0;
}
