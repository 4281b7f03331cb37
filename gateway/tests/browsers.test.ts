import { ConfigError } from '@nova/runtime';
import { afterEach, expect, test } from 'vitest';
import { startWorld, type World } from './_world.ts';

let world: World;
afterEach(() => world?.stop());

const query =
  '{ posts(first: 10) { nodes { id body createdAt author { id username displayName joinedAt } comments(first: 2) { nodes { id body } } } } }';

function preflight(origin: string): Promise<Response> {
  return fetch(`${world.gateway.url}/graphql`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,authorization,x-idempotency-key',
    },
  });
}

test('pages of the named origins may call, those of others may not', async () => {
  world = await startWorld({ CORS_ORIGINS: 'https://nova.example,http://localhost:5173' });
  const allowed = await preflight('https://nova.example');
  expect(allowed.status).toBe(204);
  expect(allowed.headers.get('access-control-allow-origin')).toBe('https://nova.example');
  expect(allowed.headers.get('access-control-allow-headers')).toMatch(/authorization.*x-idempotency-key/);
  expect(allowed.headers.get('access-control-allow-credentials')).toBeNull();
  for (const other of ['https://evil.example', 'https://nova.example.evil.example', 'null'])
    expect((await preflight(other)).headers.get('access-control-allow-origin')).toBeNull();
  const answer = await world.post({ query }, { origin: 'http://localhost:5173' });
  expect(answer.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
  expect(answer.headers.get('access-control-expose-headers')).toMatch(/x-correlation-id.*idempotency-replayed/);
  expect(answer.headers.get('vary')).toMatch(/origin/i);
});

test('a refusal is readable to a page as well', async () => {
  world = await startWorld({ CORS_ORIGINS: 'https://nova.example' });
  const { status, headers } = await world.post('not json', { origin: 'https://nova.example' });
  expect([status, headers.get('access-control-allow-origin')]).toEqual([400, 'https://nova.example']);
});

test('without the setting no page of another origin may call', async () => {
  world = await startWorld();
  expect((await preflight('https://nova.example')).headers.get('access-control-allow-origin')).toBeNull();
  const { headers } = await world.post({ query }, { origin: 'https://nova.example' });
  expect(headers.get('access-control-allow-origin')).toBeNull();
});

test('what is not an origin is refused at the start', async () => {
  const wrong = startWorld({ CORS_ORIGINS: 'nova.example,https://a.example/path' });
  await expect(wrong).rejects.toThrow(ConfigError);
  await expect(wrong).rejects.toThrow(/"nova.example"[\s\S]*"https:\/\/a.example\/path"/);
});

test('answers forbid guessing their type and being framed', async () => {
  world = await startWorld();
  for (const { headers } of [await world.post({ query }), await world.post('not json'), await world.get('/nothing')]) {
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  }
});

test('large answers are compressed for who understands that, small ones never', async () => {
  world = await startWorld();
  const large = await world.post({ query }, { 'accept-encoding': 'gzip' });
  expect([large.headers.get('content-encoding'), large.body.data.posts.nodes.length]).toEqual(['gzip', 10]);
  const plain = await world.post({ query }, { 'accept-encoding': 'identity' });
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(
    (await world.post({ query: '{ __typename }' }, { 'accept-encoding': 'gzip' })).headers.get('content-encoding'),
  ).toBeNull();
});
