import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postGraphql, startEvents, startFederation, type TestFederation } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

const soon = { timeout: 20_000 };
const stops: (() => Promise<void>)[] = [];
let nova: TestFederation;

// With the cache on: what it keeps of one viewer must not be shown to another.
beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nova-personal-'));
  stops.push(() => rm(directory, { recursive: true, force: true }));
  const shared = { PURGE_TOKEN_FILE: join(directory, 'token') };
  await writeFile(shared.PURGE_TOKEN_FILE, 'purge-token-for-tests-of-forty-characters');
  nova = await startFederation({
    roles: ['graphql', 'grpc', 'relay', 'consumers'],
    env: { ...shared, ENTITY_CACHE: 'on', RATE_LIMIT_FIELDS: 'login=off' },
  });
  stops.push(nova.stop);
  const events = await startEvents(nova.subgraphs, { ...shared, GATEWAY_PURGE_URLS: nova.gateway.adminUrl });
  stops.push(events.stop);
});
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
});

async function ask(query: string, token?: string, variables: object = {}) {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const { data, errors } = await postGraphql(nova.url, { query, variables }, headers);
  expect(errors).toEqual([]);
  return data;
}

async function register(username: string) {
  const input = `{ email: "${username}@nova.test", username: "${username}", password: "correct horse battery" }`;
  const { register: session } = await ask(`mutation { register(input: ${input}) { accessToken account { id } } }`);
  return { id: session.account.id as string, token: session.accessToken as string };
}

/** An operation of the documents, by its name. */
function documented(name: string): string {
  const guide = readFileSync(new URL('../../docs/front-end.md', import.meta.url), 'utf8');
  return new RegExp(`query ${name}\\([\\s\\S]*?(?=\`\`\`)`).exec(guide)?.[0] as string;
}

test('a bio that is hidden now is shown to its owner and, as soon as caches know, to nobody else', async () => {
  const [owner, other] = [await register('rosalind'), await register('barbara')];
  await ask('mutation { updateProfile(input: { bio: "X-rays." }) { user { id } } }', owner.token);
  await ask('mutation { createPost(input: { body: "Photo 51" }) { post { id } } }', owner.token);
  const byId = async (token?: string) => (await ask(`{ user(id: "${owner.id}") { bio } }`, token)).user.bio;
  const byPost = async (token?: string) =>
    (await ask('{ posts { nodes { author { bio } } } }', token)).posts.nodes[0].author.bio;
  for (const read of [byId, byPost]) await expect.poll(() => read(), soon).toBe('X-rays.');
  await ask(
    'mutation { updateSettings(input: { profileVisibility: ONLY_ME }) { settings { isDiscoverable } } }',
    owner.token,
  );
  for (const read of [byId, byPost]) {
    await expect.poll(() => read(), soon).toBeNull();
    for (const token of [owner.token, other.token, undefined, owner.token, undefined, other.token])
      expect(await read(token)).toBe(token === owner.token ? 'X-rays.' : null);
  }
});

test('the export of the documents has what identity, user and content keep of who asks', async () => {
  const { id, token } = await register('maria');
  await ask('mutation { createPost(input: { body: "Physics" }) { post { id } } }', token);
  expect(await ask(documented('Export'), token, { me: id })).toMatchObject({
    viewer: { email: 'maria@nova.test' },
    exportMyData: { profile: { username: 'maria' }, settings: { profileVisibility: 'EVERYONE' } },
    user: { posts: { nodes: [{ body: 'Physics' }] } },
  });
});

test('its second operation has what social, media and communication keep of who asks, and of nobody else', async () => {
  const [{ id, token }, other] = [await register('ada'), await register('grace')];
  for (const [whom, as] of [
    [other.id, token],
    [id, other.token],
  ] as const) {
    await ask(`mutation { followUser(input: { userId: "${whom}" }) { user { id } } }`, as);
    const image = '{ kind: IMAGE, contentType: "image/jpeg", bytes: 1000 }';
    await ask(`mutation { createUpload(input: ${image}) { asset { id } } }`, as);
  }
  const start = `startConversation(input: { participantIds: ["${other.id}"] }) { conversation { id } }`;
  const conversation = (await ask(`mutation { ${start} }`, token)).startConversation.conversation.id;
  const message = `{ conversationId: "${conversation}", clientMessageId: "1", payload: "${btoa('Hello')}" }`;
  await ask(`mutation { sendMessage(input: ${message}) { message { id } } }`, token);
  const more = (of = { id, token }) => ask(documented('ExportMore'), of.token, { me: of.id });
  await expect.poll(async () => (await more()).viewerNotifications.nodes, soon).toMatchObject([{ kind: 'FOLLOW' }]);
  const own = await more();
  expect(own).toMatchObject({
    user: { following: { nodes: [{ username: 'grace' }] }, followers: { nodes: [{ username: 'grace' }] } },
    viewerConversations: { nodes: [{ id: conversation, messages: { nodes: [{ payload: btoa('Hello') }] } }] },
  });
  expect(own.myMedia.nodes).toHaveLength(1);
  const stranger = await register('hedy');
  expect(JSON.stringify(await more(stranger))).not.toContain(id);
  expect(JSON.stringify(await more(other))).not.toContain(own.myMedia.nodes[0].id);
});

test('the rest of that export has what content, social and communication keep of who asks, and of nobody else', async () => {
  const [{ id, token }, other] = [await register('emmy'), await register('sophie')];
  const post = '{ createPost(input: { body: "Rings" }) { post { id } } }';
  const { createPost } = await ask(`mutation ${post}`, other.token);
  const postId = createPost.post.id;
  for (const [name, as] of [
    ['Mine.', token],
    ['Theirs.', other.token],
  ] as const) {
    const comment = `addComment(input: { postId: "${postId}", body: "${name}" }) { comment { id } }`;
    await ask(`mutation { ${comment} likePost(input: { postId: "${postId}" }) { post { id } } }`, as);
  }
  await ask(`mutation { registerPushDevice(input: { platform: FCM, token: "emmy" }) { device { id } } }`, token);
  await ask(`mutation { blockUser(input: { userId: "${other.id}" }) { user { id } } }`, token);
  const query = documented('ExportRest');
  const rest = await ask(query, token);
  expect(rest).toMatchObject({
    viewerComments: { nodes: [{ body: 'Mine.' }] },
    viewerLikedPosts: { edges: [{ postId }] },
    viewerBlockedUsers: { edges: [{ node: { id: other.id } }] },
    viewerPushDevices: [{ platform: 'FCM' }],
  });
  expect(rest.viewerNotificationPreferences).toHaveLength(7);
  const liked = '{ viewerLikedPosts { nodes { id likeCount likers { nodes { id } } } } }';
  // Across the block neither sees what the other wrote.
  expect((await ask(liked, token)).viewerLikedPosts.nodes).toEqual([null]);
  expect(JSON.stringify(await ask(query, other.token))).not.toContain(id);
});

test('an erased person is nobody in particular to the others soon, whatever caches kept', async () => {
  const { id, token } = await register('lise');
  const read = async () => (await ask(`{ user(id: "${id}") { username displayName } }`)).user;
  expect(await read()).toEqual({ username: 'lise', displayName: 'lise' });
  const { deleteMe } = await ask(
    'mutation { deleteMe(input: { confirm: true, username: "lise" }) { erasure { userId answers { domain } } } }',
    token,
  );
  expect(deleteMe.erasure).toMatchObject({ userId: id });
  expect(deleteMe.erasure.answers).toHaveLength(7);
  const erased = { username: expect.stringMatching(/^deleted_/), displayName: 'Deleted user' };
  await expect.poll(read, soon).toEqual(erased);
  expect((await ask('{ userByUsername(username: "lise") { displayName } }')).userByUsername).toBeNull();
});
