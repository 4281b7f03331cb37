import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { postGraphql, requireService } from '@nova/testkit';
import pg from 'pg';
import { describe, expect, type TestContext, test } from 'vitest';
import { type Census, type CountedEvents, countEvents, countLeftovers, countRows } from './census-count.ts';
import { type Kills, startKills } from './census-kills.ts';
import { type CensusLog, kafkaLog, postgresLog } from './census-log.ts';
import { generateTraffic, newTraffic, type Traffic } from './census-traffic.ts';
import { freeBasePort, type Nova, newDataDir, nothingLeft, processTable, startNova } from './running-nova.ts';

const isLong = process.env.FAULTS === '1';
const size = isLong
  ? { posts: 5_000, killsOfEach: 12, postsBetweenKills: 80, maxMs: 900_000, timeoutMs: 1_200_000 }
  : { posts: 500, killsOfEach: 2, postsBetweenKills: 50, maxMs: 240_000, timeoutMs: 400_000 };
const parts = ['identity', 'user', 'content', 'gateway'];
const domains = ['identity', 'user', 'content'];
const topics = ['identity.events', 'content.events'];
const group = 'user';
const refusals = ['BAD_USER_INPUT', 'FORBIDDEN', 'UNAUTHENTICATED', 'GRAPHQL_VALIDATION_FAILED'];

describe.skipIf(process.platform !== 'linux')(
  'while domains and the gateway are killed at random, no mutation is lost or counted twice',
  () => {
    test('with the embedded event log', { timeout: size.timeoutMs }, async (context) => {
      await takeCensus(context, []);
    });

    test('with Kafka', { timeout: size.timeoutMs }, async (context) => {
      for (const service of ['java', 'maven'] as const) requireService(context, service);
      await takeCensus(context, ['--kafka']);
    });
  },
);

async function takeCensus(context: TestContext, args: readonly string[]): Promise<void> {
  const dataDir = newDataDir();
  const nova = startNova({
    port: await freeBasePort(),
    dataDir,
    args: ['--seed-size', '10', ...args],
    env: {
      // The cheapest argon2id, and tokens that last longer than the test.
      PASSWORD_MEMORY_KIB: '64',
      PASSWORD_PASSES: '1',
      ACCESS_TOKEN_SECONDS: '7200',
      // A few people write what thousands would.
      RATE_LIMIT_USER: 'off',
      RATE_LIMIT_PUBLIC: 'off',
      RATE_LIMIT_FIELDS: 'register=off,login=off',
    },
  });
  const stops: Array<() => Promise<unknown>> = [];
  context.onTestFinished(async () => {
    for (const stop of stops.reverse()) await stop();
    nova.child.kill('SIGTERM');
    await nova.ended;
    await nothingLeft(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);
  await nova.printed('Ready in');
  const admin = await connect(nova, dataDir);
  stops.push(() => admin.end());
  const log = args.includes('--kafka') ? kafkaLog(`127.0.0.1:${nova.port + 96}`, topics) : postgresLog(admin, topics);

  const { traffic, kills } = await trafficUnderKills(nova, dataDir);
  await everythingIsQuiet({ nova, dataDir, admin, log });
  const census = await countRows(admin, traffic.prefix);
  const events = countEvents(await log.readAll(), census.accounts);
  report(context.task.name, { traffic, kills, census, events });
  requireTraffic(traffic, kills);
  requireAcknowledged(traffic, census);
  requireEventsOfRows(census, events);
  await requireCounts(nova, census);
  expect(await countLeftovers(admin, domains)).toEqual(nothingIn(await countLeftovers(admin, domains)));
}

async function trafficUnderKills(nova: Nova, dataDir: string): Promise<{ traffic: Traffic; kills: Kills }> {
  const traffic = newTraffic();
  const kills = startKills({
    dataDir,
    parts,
    progress: () => traffic.createPost.acknowledged.size,
    progressBetween: { min: 5, max: 2 * size.postsBetweenKills },
    killsOfEach: size.killsOfEach,
  });
  const endsAtMs = performance.now() + size.maxMs;
  const isEnough = () =>
    performance.now() > endsAtMs || (traffic.createPost.acknowledged.size >= size.posts && kills.isDone());
  try {
    await generateTraffic(traffic, { url: urlOf(nova), clients: 6, isEnough });
  } finally {
    await kills.stop();
  }
  return { traffic, kills };
}

/** Every part is back, the outboxes are empty and the consumer has read all there is. */
async function everythingIsQuiet(of: { nova: Nova; dataDir: string; admin: pg.Client; log: CensusLog }): Promise<void> {
  const { nova, dataDir, admin, log } = of;
  const lookMs = { timeout: 60_000, interval: 250 };
  await expect.poll(() => processTable(dataDir).map(({ name }) => name), lookMs).toEqual(expect.arrayContaining(parts));
  const query = '{ viewer { id } posts(first: 1) { nodes { id author { username } } } }';
  await expect
    .poll(() => postGraphql(urlOf(nova), { query }).catch(() => undefined), lookMs)
    .toMatchObject({ errors: [], data: { posts: { nodes: [{ author: { username: expect.any(String) } }] } } });
  const waiting = async () => {
    const leftovers = Object.entries(await countLeftovers(admin, domains));
    const outboxes = leftovers.filter(([table]) => table.endsWith('.outbox_events'));
    return { outboxes: outboxes.map(([, rows]) => rows), unread: await log.unread(group) };
  };
  await expect.poll(waiting, lookMs).toEqual({ outboxes: domains.map(() => 0), unread: 0 });
}

/** Enough of it, and nothing was refused for what was sent. */
function requireTraffic({ createPost, deletePost, addComment, reasons }: Traffic, kills: Kills): void {
  expect(Object.keys(reasons).filter((reason) => refusals.includes(reason))).toEqual([]);
  expect(createPost.acknowledged.size).toBeGreaterThanOrEqual(size.posts);
  expect(deletePost.acknowledged.size).toBeGreaterThan(0);
  expect(addComment.acknowledged.size).toBeGreaterThan(0);
  expect(kills.isDone()).toBe(true);
}

/** What was acknowledged is there, and nothing is there twice or without having been sent. */
function requireAcknowledged(traffic: Traffic, { accounts, posts, comments }: Census): void {
  const rowOfText = (rows: readonly { id: string; body: string }[]) => new Map(rows.map(({ id, body }) => [body, id]));
  for (const [ledger, rows] of [[traffic.createPost, posts] as const, [traffic.addComment, comments] as const]) {
    const ids = rowOfText(rows);
    expect(ids.size).toBe(rows.length);
    expect([...ids.keys()].filter((text) => !ledger.sent.has(text))).toEqual([]);
    expect([...ledger.acknowledged].filter(([text, id]) => ids.get(text) !== id)).toEqual([]);
  }
  const deleted = new Set(posts.flatMap((post) => (post.deleted ? [post.id] : [])));
  expect([...traffic.deletePost.acknowledged.values()].filter((id) => !deleted.has(id))).toEqual([]);
  expect([...deleted].filter((id) => !traffic.deletePost.sent.has(id))).toEqual([]);
  expect([...traffic.accounts.keys()].filter((id) => !accounts.has(id))).toEqual([]);
}

/** One event for each change and none besides, in the order of the changes. */
function requireEventsOfRows({ accounts, posts, comments, profiles }: Census, events: CountedEvents): void {
  expect(sorted(events.created)).toEqual(sorted(posts.map(({ id }) => id)));
  expect(sorted(events.deleted)).toEqual(sorted(posts.filter(({ deleted }) => deleted).map(({ id }) => id)));
  expect(sorted(events.commented)).toEqual(sorted(comments.map(({ id }) => id)));
  expect(sorted(events.registered)).toEqual(sorted([...accounts]));
  expect(events.disordered).toEqual([]);
  expect(sorted([...profiles])).toEqual(sorted([...accounts]));
}

/** Each author's `User.postCount`, as the gateway gives it and as the table has it, is the number of posts not deleted. */
async function requireCounts(nova: Nova, { accounts, posts, postCounts }: Census): Promise<void> {
  const live = Object.fromEntries([...accounts].map((id) => [id, 0]));
  for (const { author_id, deleted } of posts) if (!deleted) live[author_id] = (live[author_id] ?? 0) + 1;
  const query = 'query($id: ID!) { user(id: $id) { postCount } }';
  const answered: Record<string, number> = {};
  for (const id of accounts) {
    const { data, errors } = await postGraphql(
      urlOf(nova),
      { query, variables: { id } },
      { 'cache-control': 'no-cache' },
    );
    expect(errors).toEqual([]);
    answered[id] = data.user.postCount;
  }
  expect(answered).toEqual(live);
  expect(Object.fromEntries([...accounts].map((id) => [id, postCounts.get(id) ?? 0]))).toEqual(live);
  const deleted = posts.filter((post) => post.deleted).length;
  expect(sum([...postCounts.values()]) + deleted).toBe(posts.length);
}

type Counted = { traffic: Traffic; kills: Kills; census: Census; events: CountedEvents };

function report(name: string, { traffic, kills, census, events }: Counted): void {
  const { createPost, deletePost, addComment } = traffic;
  const ledger = (what: string, { sent, acknowledged }: Traffic['createPost']) =>
    `${what} ${sent.size} sent, ${acknowledged.size} acknowledged, ${sent.size - acknowledged.size} unknown`;
  const killed = Object.entries(kills.counts).map(([part, times]) => `${part} ${times}`);
  const deleted = census.posts.filter((post) => post.deleted).length;
  console.log(
    [
      `Census ${name}:`,
      ledger('createPost', createPost),
      ledger('deletePost', deletePost),
      ledger('addComment', addComment),
      `accounts ${census.accounts.size} (${traffic.accounts.size} acknowledged, ${traffic.unknownRegistrations} unknown), profiles ${census.profiles.size}`,
      `not acknowledged for ${JSON.stringify(traffic.reasons)}`,
      `SIGKILL ${killed.join(', ')}`,
      `posts ${census.posts.length} = distinct PostCreated ${events.created.length} = sum of postCount ${sum([...census.postCounts.values()])} + deleted ${deleted}`,
      `comments ${census.comments.length} = distinct CommentAdded ${events.commented.length}`,
      `records in the log ${events.records}, of them duplicates ${events.duplicates}`,
    ].join('\n  '),
  );
}

async function connect(nova: Nova, dataDir: string): Promise<pg.Client> {
  const file = join(dataDir, 'postgres/superuser-password');
  if (!existsSync(file)) throw new Error(`${file} is not there.`);
  const [user, password] = ['postgres', readFileSync(file, 'utf8')];
  const client = new pg.Client({ host: '127.0.0.1', port: nova.port + 95, user, password, database: 'nova' });
  await client.connect();
  return client;
}

function urlOf({ port }: Nova): string {
  return `http://127.0.0.1:${port}/graphql`;
}

function sorted(texts: readonly string[]): string[] {
  return texts.toSorted();
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function nothingIn(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.keys(counts).map((table) => [table, 0]));
}
