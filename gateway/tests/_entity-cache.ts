import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redisFor } from '@nova/testkit';
import { expect, type TestContext } from 'vitest';
import { idOf, manifestOf, send, startWorld, type World } from './_world.ts';

const cached = { ENTITY_CACHE: 'on', ENTITY_CACHE_TIMEOUT_MS: '5000' };
export const authors = (first: number) => `{ posts(first: ${first}) { nodes { id author { username } } } }`;
export const user = '{ user(id: "u1") { username } }';
const preflighted = { 'apollo-require-preflight': 'true' };

type Options = { readonly env?: Readonly<Record<string, string>>; readonly now?: () => number };

/** A gateway that keeps what subgraphs say is everybody's for a minute. */
export async function worldFor(context: TestContext, { env = {}, now }: Options = {}): Promise<World> {
  const manifest = manifestOf([1, 2, 3].map((first) => [`Authors${first}`, authors(first)] as const));
  const world = await startWorld({ ...cached, ...env }, { now, manifest });
  context.onTestFinished(() => world.stop());
  if (env.REDIS_URL) await expect.poll(() => world.series('redis_connected')).toBe(1);
  for (const subgraph of Object.values(world.subgraphs)) subgraph.cacheControl('public, max-age=60');
  return world;
}

export async function worldIn(engine: 'memory' | 'redis', context: TestContext, { env = {} }: Options = {}) {
  return worldFor(context, {
    env: { ...env, ...(engine === 'redis' && { REDIS_URL: (await redisFor(context)).url }) },
  });
}

export const get = (world: World, query: string) => world.get(`/graphql?documentId=${idOf(query)}`, preflighted);

type Calls = Record<keyof World['subgraphs'], number>;

/** How often each subgraph is asked while the work is done. */
export async function calls({ subgraphs }: World, work: () => Promise<unknown>): Promise<Calls> {
  const count = (): Calls => ({
    content: subgraphs.content.calls.length,
    user: subgraphs.user.calls.length,
    identity: subgraphs.identity.calls.length,
  });
  const before = count();
  await work();
  const after = count();
  return {
    content: after.content - before.content,
    user: after.user - before.user,
    identity: after.identity - before.identity,
  };
}

export const token = 'purge-token-for-tests-of-forty-characters';

export async function tokenFile(context: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'nova-purge-'));
  context.onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, 'token'), `${token}\n`);
  return join(directory, 'token');
}

export function purge({ gateway }: Pick<World, 'gateway'>, body: unknown, init: RequestInit = {}) {
  return send(`${gateway.adminUrl}/purge`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  });
}

/** Until what was answered is also kept. */
export const kept = (world: World, query: string) =>
  expect
    .poll(async () => Object.values(await calls(world, () => world.post({ query }))).reduce((sum, n) => sum + n))
    .toBe(0);
