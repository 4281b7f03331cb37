import { openTestDatabase, postGraphql, startFederation, type TestFederation } from '@nova/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

let nova: TestFederation;
beforeAll(async () => {
  nova = await startFederation({
    roles: ['graphql', 'grpc', 'relay', 'consumers'],
    env: { PERSISTED_POLICY: 'open' },
  });
});
afterAll(() => nova.stop());

type Person = { readonly id: string; readonly username: string; readonly token: string };

let keys = 0;
async function send(query: string, variables: object = {}, as?: Person) {
  keys += 1;
  const headers = { 'x-idempotency-key': `two-people-${keys}`, ...(as && { authorization: `Bearer ${as.token}` }) };
  const { data, errors } = await postGraphql(nova.url, { query, variables }, headers);
  expect(errors).toEqual([]);
  return data;
}

async function signUp(username: string): Promise<Person> {
  const input = { email: `${username}@nova.test`, username, password: 'correct horse battery' };
  const query = 'mutation ($input: RegisterInput!) { register(input: $input) { accessToken account { id } } }';
  const { register } = await send(query, { input });
  return { id: register.account.id, username, token: register.accessToken };
}

/** What follows an event is there within moments. */
const moments = { timeout: 60_000, interval: 200 };

/** A PNG of one pixel. */
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

async function uploadPicture(owner: Person): Promise<string> {
  const { createUpload } = await send(
    `mutation ($input: CreateUploadInput!) { createUpload(input: $input) {
      asset { id } upload { url method headers { name value } } } }`,
    { input: { kind: 'IMAGE', contentType: 'image/png', bytes: picture.length } },
    owner,
  );
  const { url, method, headers } = createUpload.upload;
  const stored = await fetch(url, {
    method,
    headers: Object.fromEntries(headers.map((each: { name: string; value: string }) => [each.name, each.value])),
    body: new Uint8Array(picture),
    signal: AbortSignal.timeout(30_000),
  });
  expect(stored.ok).toBe(true);
  const { id } = createUpload.asset;
  await send(
    'mutation ($input: CompleteUploadInput!) { completeUpload(input: $input) { asset { state } } }',
    { input: { id } },
    owner,
  );
  await vi.waitFor(async () => {
    const { mediaAsset } = await send('query ($id: ID!) { mediaAsset(id: $id) { state failure } }', { id }, owner);
    expect(mediaAsset).toEqual({ state: 'READY', failure: null });
  }, moments);
  return id;
}

test('two people meet, post with a picture, like, comment, write, search, are told of it, and erase themselves', async () => {
  const ada = await signUp('ada_lovelace');
  const bob = await signUp('bob_babbage');

  await send('mutation ($id: ID!) { followUser(input: { userId: $id }) { user { id } } }', { id: ada.id }, bob);
  const mediaId = await uploadPicture(ada);
  const { createPost } = await send(
    `mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id media { id url(variant: THUMB) { url } } } } }`,
    { input: { body: 'Weaving algebraical patterns #engines @bob_babbage', mediaIds: [mediaId] } },
    ada,
  );
  const postId: string = createPost.post.id;
  expect(createPost.post.media).toMatchObject([{ id: mediaId }]);
  const thumb = await fetch(createPost.post.media[0].url.url, { signal: AbortSignal.timeout(30_000) });
  expect(thumb.headers.get('content-type')).toBe('image/webp');

  await vi.waitFor(async () => {
    const { homeFeed } = await send('{ homeFeed { nodes { id author { username } } } }', {}, bob);
    expect(homeFeed.nodes).toEqual([{ id: postId, author: { username: ada.username } }]);
  }, moments);

  const { likePost } = await send(
    'mutation ($id: ID!) { likePost(input: { postId: $id }) { post { likeCount viewerLikes } } }',
    { id: postId },
    bob,
  );
  expect(likePost.post).toEqual({ likeCount: 1, viewerLikes: true });
  await send(
    'mutation ($id: ID!) { addComment(input: { postId: $id, body: "Poetical science indeed" }) { comment { id } } }',
    { id: postId },
    bob,
  );

  const { startConversation } = await send(
    'mutation ($id: ID!) { startConversation(input: { participantIds: [$id] }) { conversation { id } } }',
    { id: bob.id },
    ada,
  );
  const conversationId: string = startConversation.conversation.id;
  const payload = Buffer.from('only its ends can read this').toString('base64');
  await send(
    'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }',
    { input: { conversationId, clientMessageId: 'one', payload } },
    ada,
  );
  const { conversation } = await send(
    'query ($id: ID!) { conversation(id: $id) { unreadCount messages { nodes { payload sender { username } } } } }',
    { id: conversationId },
    bob,
  );
  expect(conversation).toEqual({
    unreadCount: 1,
    messages: { nodes: [{ payload, sender: { username: ada.username } }] },
  });

  await vi.waitFor(async () => {
    const { search } = await send(
      '{ search(query: "algebraical") { nodes { __typename ... on Post { id } } } }',
      {},
      bob,
    );
    expect(search.nodes).toEqual([{ __typename: 'Post', id: postId }]);
  }, moments);

  const kindsOf = async (person: Person) => {
    const { viewerNotifications } = await send(
      '{ viewerNotifications { nodes { kind actor { username } } } }',
      {},
      person,
    );
    return viewerNotifications.nodes.map(({ kind }: { kind: string }) => kind).sort();
  };
  await vi.waitFor(async () => expect(await kindsOf(ada)).toEqual(['COMMENT', 'FOLLOW', 'LIKE']), moments);
  await vi.waitFor(async () => expect(await kindsOf(bob)).toEqual(['MENTION', 'MESSAGE']), moments);

  for (const person of [ada, bob])
    await send(
      'mutation ($username: Username!) { deleteMe(input: { confirm: true, username: $username }) { erasure { requestedAt } } }',
      { username: person.username },
      person,
    );
  const words = ['ada_lovelace', 'bob_babbage', 'nova.test', 'algebraical', 'Poetical science', payload];
  await vi.waitFor(async () => expect(await placesOf(words)).toEqual([]), moments);
  const { userByUsername } = await send('{ userByUsername(username: "ada_lovelace") { id } }');
  expect(userByUsername).toBeNull();
});

/** Where the database still has one of the words, as `schema.table: word`; the log of events keeps a week. */
async function placesOf(words: readonly string[]): Promise<string[]> {
  const url = nova.subgraphs.database.adminUrl;
  const { db, stop } = openTestDatabase<Record<never, never>>(url);
  try {
    const { rows: tables } = await sql<{ schema: string; name: string }>`
      select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'event_log', 'public')
        and n.nspname !~ '^pg_' order by 1, 2`.execute(db);
    const places: string[] = [];
    for (const { schema, name } of tables) {
      const { rows } = await sql<{ word: string }>`
        select distinct word from ${sql.id(schema, name)} as row, unnest(${words}::text[]) as word
        where row::text like '%' || word || '%'`.execute(db);
      places.push(...rows.map(({ word }) => `${schema}.${name}: ${word}`));
    }
    return places;
  } finally {
    await stop();
  }
}
