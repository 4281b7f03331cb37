import { headerNames } from '@nova/runtime';
import { afterEach, expect, test, vi } from 'vitest';
import { type HeldCall, holdQueries } from './_held-subgraph.ts';
import { idOf, manifestOf, send, startWorld, type World } from './_world.ts';

let world: World;
let held: HeldCall[];
let bearer: Record<string, string>;
const start = async (...how: Parameters<typeof startWorld>) => {
  world = await startWorld(...how);
  held = holdQueries(world.subgraphs.identity, { logout: { loggedOut: true } });
  bearer = { authorization: `Bearer ${await world.issuer.token()}` };
};
afterEach(() => world?.stop());

const viewerQuery = '{ viewer { id email } }';
const logout = 'mutation { logout(input: { refreshToken: "r" }) { loggedOut } }';
const account = (id: string) => ({ data: { viewer: { id, email: `${id}@nova.test` } } });
const until = (condition: () => unknown) => vi.waitUntil(condition, { timeout: 20_000, interval: 5 });
const shared = (what: string) => world.series('gateway_shared_total', { what });
const untilShared = (what: string, count: number) =>
  vi.waitUntil(async () => (await shared(what)) === count, { timeout: 20_000, interval: 10 });
const logLine = (headers: Headers) =>
  until(() => world.logLines.find((line) => line.correlationId === headers.get(headerNames.correlationId)));

test('queries that are the same, of one viewer, at the same time are executed once', async () => {
  await start();
  const first = world.post({ query: viewerQuery }, { ...bearer, [headerNames.correlationId]: 'the-first-request' });
  await until(() => held.length === 1);
  const others = Array.from({ length: 20 }, () => world.post({ query: viewerQuery }, bearer));
  await untilShared('operation', 20);
  held[0]?.answer(account('u1'));
  for (const { status, body } of [await first, ...(await Promise.all(others))])
    expect([status, body]).toEqual([200, account('u1')]);
  expect(held.map(({ call }) => call.headers[headerNames.correlationId])).toEqual(['the-first-request']);
  expect(await logLine((await first).headers)).toMatchObject({ fetches: 1, shared: 0 });
  expect(await logLine((await (others[0] as typeof first)).headers)).toMatchObject({ fetches: 0, shared: 1 });

  const later = world.post({ query: viewerQuery }, bearer);
  await until(() => held.length === 2);
  held[1]?.answer(account('u2'));
  expect((await later).body).toEqual(account('u2'));
});

test.each([
  ['sent as it is', 'identity'],
  ['compressed', 'gzip'],
])('an answer that is shared is the same to the byte, %s', async (_, encoding) => {
  await start({}, { manifest: manifestOf([['Viewer', viewerQuery]]) });
  const answer = { data: { viewer: { id: 'u1', email: 'Zoë 😀 漢字'.repeat(500) } } };
  const headers = { ...bearer, 'accept-encoding': encoding, 'apollo-require-preflight': 'true' };
  const ask = () => world.get(`/graphql?documentId=${idOf(viewerQuery)}`, headers);
  const alone = ask();
  await until(() => held.length === 1);
  held[0]?.answer(answer, { 'cache-control': 'max-age=7, private' });
  const first = ask();
  await until(() => held.length === 2);
  const others = [ask(), ask()];
  await untilShared('operation', 2);
  held[1]?.answer(answer, { 'cache-control': 'max-age=7, private' });
  const answers = await Promise.all([alone, first, ...others]);
  const names = ['content-type', 'content-length', 'content-encoding', 'etag', 'cache-control'];
  const seen = answers.map(({ text, headers }) => [text, ...names.map((name) => headers.get(name))]);
  expect(new Set(seen.map((it) => JSON.stringify(it))).size).toBe(1);
  expect(seen[0]?.[0]).toBe(`${JSON.stringify(answer)}\n`);
});

test('different queries share a fetch that is the same; each merges what follows into data of its own', async () => {
  await start();
  const ask = (fields: string) => world.post({ query: `{ viewer { id user { id ${fields} } } }` }, bearer);
  const first = ask('username');
  await until(() => held.length === 1);
  const second = ask('displayName postCount');
  await untilShared('fetch', 1);
  held[0]?.answer({ data: { viewer: { id: 'u1', user: { __typename: 'User', id: 'u1' } } } });
  expect((await first).body.data.viewer.user).toEqual({ id: 'u1', username: 'ada' });
  expect((await second).body.data.viewer.user).toEqual({ id: 'u1', displayName: 'ADA', postCount: 4 });
  expect(held).toHaveLength(1);
  expect(await shared('operation')).toBe(0);
});

test('an error that is shared carries the request id of who is told', async () => {
  await start();
  const first = world.post({ query: viewerQuery }, bearer);
  await until(() => held.length === 1);
  const second = world.post({ query: viewerQuery }, bearer);
  await untilShared('operation', 1);
  held[0]?.answer({ data: { viewer: null }, errors: [{ message: 'No.', extensions: { code: 'CONFLICT' } }] });
  for (const { status, refusal, headers } of [await first, await second])
    expect([status, refusal]).toMatchObject([
      409,
      { code: 'CONFLICT', requestId: headers.get(headerNames.correlationId) },
    ]);
  expect((await first).refusal.requestId).not.toBe((await second).refusal.requestId);
});

test('who hangs up costs the others nothing, were it the first; the last one ends the call', async () => {
  await start();
  const hungUp = [new AbortController(), new AbortController()];
  const ask = (signal?: AbortSignal) =>
    send(`${world.gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer },
      body: JSON.stringify({ query: viewerQuery }),
      ...(signal && { signal }),
    }).catch(() => 'gone');
  const abandoned = () => world.logLines.filter((line) => line.abandoned === true).length;

  const first = ask(hungUp[0]?.signal);
  await until(() => held.length === 1);
  const second = ask(AbortSignal.timeout(30_000));
  await untilShared('operation', 1);
  hungUp[0]?.abort();
  await until(() => abandoned() === 1);
  expect([await first, held[0]?.call.aborted]).toEqual(['gone', false]);
  held[0]?.answer(account('u1'));
  expect(await second).toMatchObject({ status: 200, body: account('u1') });

  const third = ask(hungUp[1]?.signal);
  await until(() => held.length === 2);
  hungUp[1]?.abort();
  await until(() => held[1]?.call.aborted);
  expect(await third).toBe('gone');
  const fourth = ask();
  await until(() => held.length === 3);
  held[2]?.answer(account('u4'));
  expect(await fourth).toMatchObject({ body: account('u4') });
});

test('a query that is sent after a mutation of its viewer joins nothing from before, nor do other sessions of the user', async () => {
  await start();
  const other = {
    authorization: `Bearer ${await world.issuer.token({ claims: { sub: 'u2' } })}`,
  };
  const session = { authorization: `Bearer ${await world.issuer.token({ claims: { sid: 's2' } })}` };
  const before = [bearer, session, other].map((headers) => world.post({ query: viewerQuery }, headers));
  await until(() => held.length === 3);
  expect((await world.post({ query: logout }, bearer)).status).toBe(200);
  const after = [bearer, session].map((headers) => world.post({ query: viewerQuery }, headers));
  await until(() => held.length === 5);
  const another = world.post({ query: viewerQuery }, other);
  await untilShared('operation', 1);
  for (const call of held) call.answer(account(`n${call.number}`));
  const numbers = async (answers: typeof before) =>
    (await Promise.all(answers)).map(({ body }) => Number(body.data.viewer.id.slice(1)));
  expect(Math.max(...(await numbers(before)))).toBeLessThan(3);
  expect(Math.min(...(await numbers(after)))).toBeGreaterThan(2);
  expect(await numbers([another])).toEqual([(await numbers(before))[2]]);
});

test('mutations that are the same are each sent', async () => {
  await start();
  const answers = await Promise.all(Array.from({ length: 5 }, () => world.post({ query: logout }, bearer)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect(world.subgraphs.identity.calls).toHaveLength(5);
  expect((await shared('operation')) + (await shared('fetch'))).toBe(0);
});

test('what an answer allows caches is told to everybody who shares it', async () => {
  await start({}, { manifest: manifestOf([['Viewer', viewerQuery]]) });
  const ask = () =>
    world.get(`/graphql?documentId=${idOf(viewerQuery)}`, { ...bearer, 'apollo-require-preflight': 'true' });
  const first = ask();
  await until(() => held.length === 1);
  const second = ask();
  await untilShared('operation', 1);
  held[0]?.answer(account('u1'), { 'cache-control': 'max-age=7, private' });
  for (const { headers } of [await first, await second])
    expect(headers.get('cache-control')).toBe('private, max-age=7');
});

test('with SHARE_IN_FLIGHT off everything is sent', async () => {
  await start({ SHARE_IN_FLIGHT: 'false' });
  const answers = Array.from({ length: 3 }, () => world.post({ query: viewerQuery }, bearer));
  await until(() => held.length === 3);
  for (const call of held) call.answer(account('u1'));
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200, 200]);
});
