import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './_world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ APP_ENV: 'development' });
});
afterAll(() => world.stop());

test('in development the schema can be read by the query that tools send, within the limits', async () => {
  const { status, body } = await world.post({ query: getIntrospectionQuery() });
  expect(status).toBe(200);
  expect(body.data.__schema.types.map(({ name }: { name: string }) => name)).toContain('Post');
});

test('in development a mistyped field is answered with what was perhaps meant', async () => {
  const { body } = await world.post({ query: '{ user(id: "u1") { usernam } }' });
  expect(body.errors[0].message).toBe('Cannot query field "usernam" on type "User". Did you mean "username"?');
});

test('the page at / names nothing outside the gateway, and its policy allows nothing else', async () => {
  const { status, text, headers } = await world.get('/');
  expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(text).not.toMatch(/https?:|\/\/[a-z]/);
  expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';.*connect-src 'self'/);
  const paths = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path);
  expect(paths).toHaveLength(4);
  for (const path of paths) {
    const asset = await world.get(path);
    expect(asset.status).toBe(200);
    const again = await world.get(path, { 'if-none-match': asset.headers.get('etag') ?? '' });
    expect([again.status, again.text]).toEqual([304, '']);
  }
});

test.each([
  '/graphiql/graphiql.min.js.map',
  '/graphiql/../package.json',
  '/graphiql/%2e%2e/package.json',
  '/graphiql/',
])('nothing else of the installed packages is served: %s', async (path) => {
  expect((await world.get(path)).status).toBe(404);
});
