import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askAndHangUp } from './_ask-and-hang-up.ts';
import { startWorld, type World } from './_world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld(
    { REQUEST_TIMEOUT_MS: '6000', SUBGRAPH_MAX_RESPONSE_BYTES: '50000' },
    { policies: { default: { timeoutMs: 1_500 } } },
  );
});
afterEach(() => world.stop());

const query = '{ posts(first: 2) { nodes { id } } user(id: "u1") { username } viewer { id } }';
const unavailable = { code: 'SUBGRAPH_UNAVAILABLE', retryable: true, service: 'user' };

function answerWith(status: number, body: string, contentType = 'application/json') {
  return (_: unknown, response: ServerResponse) => {
    response.writeHead(status, { 'content-type': contentType });
    response.end(body);
  };
}

test('a killed subgraph costs its own fields only, with a retryable code and its name', async () => {
  await world.subgraphs.user.kill();
  const { status, body, refusal, headers } = await world.post({ query });
  expect(status).toBe(200);
  expect(body.data).toEqual({ posts: { nodes: [{ id: 'p1' }, { id: 'p2' }] }, user: null, viewer: null });
  expect(body.errors).toHaveLength(1);
  expect(refusal).toEqual({ ...unavailable, requestId: headers.get('x-correlation-id') });
  expect(body.errors[0].message).toBe('The user service did not answer.');
  // The query was sent a second time.
  await expect
    .poll(() => world.series('gateway_subgraph_errors_total', { subgraph: 'user', code: 'SUBGRAPH_UNAVAILABLE' }))
    .toBe(2);
});

test('when nothing is left to show, the status is that of the first error', async () => {
  await world.subgraphs.content.kill();
  const { status, body } = await world.post({ query: '{ latest: posts { nodes { id } } }' });
  expect([status, body.data]).toEqual([503, { latest: null }]);
  expect(body.errors[0].path).toEqual(['latest']);
});

test('a failure that costs one object says where that would be; one that costs many does not', async () => {
  await world.subgraphs.user.kill();
  const pathsOf = async (query: string) =>
    (await world.post({ query })).body.errors.map(({ path }: { path?: unknown }) => path);
  expect(await pathsOf('{ post(id: "p1") { by: author { username } } }')).toEqual([['post', 'by']]);
  expect(await pathsOf('{ posts(first: 2) { nodes { author { username } } } }')).toEqual([undefined]);
});

test('a subgraph that never answers is given up after its time limit', async () => {
  world.subgraphs.user.misbehave(() => {});
  const startedAt = performance.now();
  const { status, body, refusal } = await world.post({ query });
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect([status, body.data.posts.nodes.length]).toEqual([200, 2]);
  expect(refusal).toMatchObject({ code: 'SUBGRAPH_TIMEOUT', retryable: true, service: 'user' });
  await expect.poll(() => world.subgraphs.user.calls[0]?.aborted).toBe(true);
});

test('a subgraph that sends its answer too slowly is given up as well', async () => {
  world.subgraphs.user.misbehave((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"data":');
  });
  expect((await world.post({ query })).refusal).toMatchObject({ code: 'SUBGRAPH_TIMEOUT', service: 'user' });
});

test('a request of many slow steps ends at its own deadline', async () => {
  await world.stop();
  world = await startWorld({ REQUEST_TIMEOUT_MS: '300' }, { policies: { default: { timeoutMs: 5_000 } } });
  world.subgraphs.user.misbehave(() => {});
  const { refusal } = await world.post({ query });
  expect(refusal).toMatchObject({ code: 'DEADLINE_EXCEEDED', retryable: true });
});

test('a client that hangs up has the calls to subgraphs ended', async () => {
  world.subgraphs.user.misbehave(() => {});
  const hangUp = askAndHangUp(world, { query });
  await expect.poll(() => world.subgraphs.user.calls.length).toBe(1);
  expect(await hangUp()).toBe(true);
  await expect.poll(() => world.subgraphs.user.calls[0]?.aborted).toBe(true);
  await expect.poll(() => world.logLines.at(-1)).toMatchObject({ msg: 'request', abandoned: true });
  expect(await world.series('gateway_subgraph_errors_total', { subgraph: 'user' })).toBe(0);
});

test.each([
  ['a page of HTML', answerWith(502, '<html>upstream 10.1.2.3:8080 failed</html>', 'text/html')],
  ['HTML with status 200', answerWith(200, '<html></html>', 'text/html')],
  ['half of an answer', answerWith(200, '{"data":{"user":')],
  ['nothing', answerWith(200, '')],
  ['null', answerWith(200, 'null')],
  ['a list', answerWith(200, '[]')],
  ['an object that is no answer', answerWith(200, '{"ok":true}')],
  ['data that is a list', answerWith(200, '{"data":[]}')],
  ['errors that are text', answerWith(200, '{"errors":"10.1.2.3 is down"}')],
  ['errors without messages', answerWith(500, '{"errors":[{"code":7}]}')],
  ['an answer beyond the limit', answerWith(200, JSON.stringify({ data: { user: { username: 'x'.repeat(60_000) } } }))],
  ['a cut connection', (_: unknown, response: ServerResponse) => void response.socket?.destroy()],
])('a subgraph that answers with %s is unavailable, and its words are not passed on', async (_what, misbehaviour) => {
  world.subgraphs.user.misbehave(misbehaviour);
  const { status, body, text, refusal } = await world.post({ query });
  expect([status, body.data.user]).toEqual([200, null]);
  expect(refusal).toMatchObject(unavailable);
  expect(text).not.toMatch(/10\.1\.2\.3|127\.0\.0\.1|html|ECONN|stack/);
});

test('what a subgraph says on purpose reaches the client with its details, and nothing else of it', async () => {
  world.subgraphs.user.misbehave(
    answerWith(
      400,
      JSON.stringify({
        errors: [
          {
            message: 'The name is taken.',
            path: ['user'],
            extensions: {
              code: 'USERNAME_TAKEN',
              username: 'ada',
              stacktrace: ['x'],
              exception: { sql: 'select' },
              http: 1,
            },
          },
        ],
      }),
    ),
  );
  const { body } = await world.post({ query });
  expect(body.errors).toEqual([
    {
      message: 'The name is taken.',
      path: ['user'],
      extensions: { code: 'USERNAME_TAKEN', retryable: false, username: 'ada', requestId: expect.any(String) },
    },
  ]);
});

test('what a subgraph does not say on purpose is masked, and logged with the request id', async () => {
  const { status, body, text, refusal } = await world.post(
    { query: 'mutation { deletePost(input: { id: "p1" }) { deletedPostId } }' },
    { authorization: `Bearer ${await world.issuer.token()}` },
  );
  expect([status, body.data]).toEqual([500, null]);
  expect(refusal).toMatchObject({ code: 'INTERNAL_ERROR', retryable: false });
  expect(text).not.toMatch(/10\.0\.0\.7|secret/);
  expect(world.logLines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      correlationId: refusal.requestId,
      err: expect.objectContaining({ message: expect.stringContaining('10.0.0.7') }),
    }),
  );
});

test('a subgraph that refuses the gateway itself does not make the client look guilty', async () => {
  world.subgraphs.user.misbehave(
    answerWith(401, '{"errors":[{"message":"who are you","extensions":{"code":"UNAUTHENTICATED"}}]}'),
  );
  expect((await world.post({ query })).refusal).toMatchObject({ code: 'INTERNAL_ERROR' });
  world.subgraphs.user.misbehave(
    answerWith(400, '{"errors":[{"message":"no such field","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}'),
  );
  expect((await world.post({ query })).refusal).toMatchObject({ code: 'INTERNAL_ERROR' });
});

test('a subgraph cannot pollute the prototype of everything', async () => {
  world.subgraphs.user.misbehave(
    answerWith(200, '{"data":{"user":{"username":"ada","__proto__":{"polluted":1}},"__proto__":{"polluted":1}}}'),
  );
  expect((await world.post({ query })).body.data.user).toEqual({ username: 'ada' });
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test('a value that a subgraph leaves out against its schema is an error, not a silent null', async () => {
  world.subgraphs.user.misbehave(answerWith(200, '{"data":{"user":{"username":null}}}'));
  const { status, body } = await world.post({ query });
  expect([status, body.data.user]).toEqual([200, null]);
  expect(body.errors).toMatchObject([{ path: ['user', 'username'], extensions: { code: 'INTERNAL_ERROR' } }]);
  expect(body.extensions).toBeUndefined();
});

test('a subgraph that comes back is used again without a restart', async () => {
  world.subgraphs.user.misbehave((_request, response) => void response.socket?.destroy());
  expect((await world.post({ query })).body.data.user).toBeNull();
  world.subgraphs.user.misbehave(undefined);
  expect((await world.post({ query })).body.data.user).toEqual({ username: 'ada' });
});
