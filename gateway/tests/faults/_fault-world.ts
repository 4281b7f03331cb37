import { type FaultProxy, startFaultProxy } from '@nova/testkit';
import { onTestFinished } from 'vitest';
import { startWorld, type World, type WorldOptions } from '../_world.ts';

/** A part of two subgraphs, of which `user` is the one that fails. */
export const query = '{ posts(first: 2) { nodes { id } } user(id: "u1") { username } }';

export const ada = { username: 'ada' };

/** A world until the end of the test, where each request is sent on its own, so that they can be counted. */
export async function startFaultWorld(
  options: WorldOptions = {},
  env: Readonly<Record<string, string>> = {},
): Promise<World> {
  const world = await startWorld({ SHARE_IN_FLIGHT: 'false', ...env }, options);
  onTestFinished(() => world.stop());
  return world;
}

/** The same with a fault proxy between the gateway and the user subgraph. */
export async function startWithProxy(
  policies: WorldOptions['policies'],
  env: Readonly<Record<string, string>> = {},
): Promise<{ world: World; proxy: FaultProxy }> {
  const started = Promise.withResolvers<FaultProxy>();
  const reroute: WorldOptions['reroute'] = async ({ user }) => {
    const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: Number(new URL(user.url).port) } });
    onTestFinished(() => proxy.stop());
    started.resolve(proxy);
    return { user: `http://127.0.0.1:${proxy.port}/graphql` };
  };
  return { world: await startFaultWorld({ policies, reroute }, env), proxy: await started.promise };
}

/** Calls to a subgraph that are running or queued now. */
export function callsOf(world: World, subgraph: string, state: 'running' | 'queued'): Promise<number> {
  return world.series('gateway_subgraph_calls', { subgraph, state });
}

/** What one call takes: the best of several, because others use the machine as well. */
export async function bestMs(tries: number, work: () => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let at = 0; at < tries; at += 1) taken.push(await msOf(work));
  return Math.min(...taken);
}

export async function msOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
