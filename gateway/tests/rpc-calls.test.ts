import { headerNames } from '@nova/runtime';
import { startSubgraphs, userIdentity } from '@nova/testkit';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { startWorld, type World } from './_world.ts';

let world: World;
afterEach(() => world?.stop());

const query = 'query Author { post(id: "p1") { author { username } } }';

/** A gateway whose content says that it made so many gRPC calls; what user, which is called next, was told is left. */
async function start(env: Readonly<Record<string, string>>, calls: string) {
  world = await startWorld(env);
  world.subgraphs.content.misbehave((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', [headerNames.rpcCalls]: calls });
    response.end(JSON.stringify({ data: { post: { author: { __typename: 'User', id: 'u1' } } } }));
  });
  expect((await world.post({ query })).body.data.post.author.username).toBe('ada');
  return world.subgraphs.user.calls[0]?.headers[headerNames.rpcAllowance];
}

const lastRequest = () => world.logLines.findLast(({ msg }) => msg === 'request');
const tolerated = (mode: string) => world.series('gateway_limits_tolerated_total', { limit: 'rpcCalls', mode });

test('the gRPC calls of a subgraph are counted to the operation, and the next one is told how many are left', async () => {
  expect(await start({ MAX_RPC_CALLS: '20' }, '7')).toBe('13');
  expect(world.subgraphs.content.calls[0]?.headers[headerNames.rpcAllowance]).toBe('20');
  await expect.poll(lastRequest).toMatchObject({ fetches: 2, rpcCalls: 7 });
  await expect.poll(() => world.series('gateway_operation_rpc_calls_sum', { operation: 'other' })).toBe(7);
});

test('more than were allowed leave none, and what is no number counts nothing', async () => {
  expect(await start({ MAX_RPC_CALLS: '5' }, '7')).toBe('0');
  await world.stop();
  expect(await start({ MAX_RPC_CALLS: '5' }, '-7e3')).toBe('5');
});

test.each(['measure', 'warn'])(
  'in mode %s subgraphs are told no limit, and what is over it is counted',
  async (mode) => {
    expect(await start({ MAX_RPC_CALLS: '5', LIMIT_MODES: `rpcCalls=${mode}` }, '7')).toBeUndefined();
    await expect.poll(() => tolerated(mode)).toBe(1);
    const warnings = world.logLines.filter(({ limit }) => limit === 'rpcCalls');
    expect(warnings).toMatchObject(mode === 'warn' ? [{ figure: 7, allowed: 5 }] : []);
  },
);

test('a subgraph answers with the calls it made, and makes no more than it may', async () => {
  const subgraphs = await startSubgraphs();
  onTestFinished(subgraphs.stop);
  const { content, keys } = subgraphs;
  const as = userIdentity('01999999-0000-7000-8000-000000000001');
  const body = JSON.stringify({ query: 'mutation { createPost(input: { body: "Hello" }) { post { id } } }' });
  const identity = { 'content-type': 'application/json', [headerNames.identity]: await keys.sign(as) };
  const served = await fetch(content.graphqlUrl, { method: 'POST', headers: identity, body });
  expect(served.headers.get(headerNames.rpcCalls)).toBe('1');
  expect(await served.json()).toMatchObject({ errors: [{ extensions: { code: 'ACCOUNT_INACTIVE' } }] });
  const headers = { ...identity, [headerNames.rpcAllowance]: '0' };
  const refused = await fetch(content.graphqlUrl, { method: 'POST', headers, body });
  expect(refused.headers.get(headerNames.rpcCalls)).toBe(null);
  expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'RPC_LIMIT_EXCEEDED' } }] });
});
