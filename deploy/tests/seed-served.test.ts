import { postGraphql, startFederation, type TestFederation } from '@nova/testkit';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoLogin, generateNetwork, seedDatabases } from '../dev/seed/index.ts';

const size = 10;
let nova: TestFederation;
let token: string;
beforeAll(async () => {
  nova = await startFederation({ env: { PERSISTED_POLICY: 'open' } });
  const { database, mediaDirectory } = nova.subgraphs;
  const urls = {
    identity: database.urlFor('identity'),
    user: database.urlFor('user'),
    content: database.urlFor('content'),
    media: database.urlFor('media'),
    communication: database.urlFor('communication'),
    search: database.urlFor('search'),
    social: database.urlFor('social'),
  };
  await seedDatabases({ urls, mediaDirectory, size });
  const input = { email: demoLogin.email, password: demoLogin.password };
  const { login } = await ask('mutation ($input: LoginInput!) { login(input: $input) { accessToken } }', { input });
  token = login.accessToken;
});
afterAll(() => nova?.stop());

async function ask(query: string, variables: object = {}) {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const { data, errors } = await postGraphql(nova.url, { query, variables }, headers);
  expect(errors).toEqual([]);
  return data;
}

test('pictures of seeded posts and faces of seeded people are served where the gateway says', async () => {
  const picture = 'state url(variant: SMALL) { url }';
  const { userByUsername } = await ask(`{ userByUsername(username: "${demoLogin.username}") {
    avatar { ${picture} } posts(first: 10) { nodes { media { ${picture} } } } } }`);
  const { avatar, posts } = userByUsername;
  const shown = [avatar, ...posts.nodes.flatMap(({ media }: { media: object[] }) => media)];
  expect(shown.length).toBeGreaterThan(3);
  for (const { state, url } of shown) {
    expect(state).toBe('READY');
    const answer = await fetch(url.url, { signal: AbortSignal.timeout(30_000) });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/webp']);
    const { format, width } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
    expect(format).toBe('webp');
    expect(width).toBeGreaterThan(100);
  }
});

test('the demo person can read what friends wrote and what happened, and sees the storage in use', async () => {
  const data = await ask(`{
    viewerConversations(first: 5) { nodes { participants { user { username } } lastMessage { payload sender { id } } } }
    viewerNotifications(first: 10) { nodes { kind actor { username } } }
    viewerStorage { usedBytes } myMedia(first: 50) { nodes { bytes } } }`);
  expect(data.viewerConversations.nodes.length).toBeGreaterThan(0);
  for (const { lastMessage } of data.viewerConversations.nodes)
    expect(Buffer.from(lastMessage.payload, 'base64').length).toBeGreaterThan(200);
  const usernames = generateNetwork(size).people.map(({ username }) => username);
  expect(data.viewerNotifications.nodes).toHaveLength(10);
  for (const { actor } of data.viewerNotifications.nodes) expect(usernames).toContain(actor.username);
  const bytes = data.myMedia.nodes.reduce((sum: number, asset: { bytes: number }) => sum + asset.bytes, 0);
  expect(bytes).toBeGreaterThan(0);
  expect(Number(data.viewerStorage.usedBytes)).toBe(bytes);
});
