import { postGraphql, startFederation, statementsDuring, type TestFederation } from '@nova/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import manifest from '../../persisted-queries/manifest.json' with { type: 'json' };
import { demoLogin, generateNetwork, seedDatabases } from '../dev/seed/index.ts';
import { fillLists } from './full-lists.ts';

const size = 60;
let nova: TestFederation;
let token: string;
let variables: ReadonlyMap<string, object>;
beforeAll(async () => {
  nova = await startFederation({
    env: { PERSISTED_POLICY: 'id-only', MAX_COMPLEXITY: '10000', RATE_LIMIT_USER: 'off' },
  });
  const urlOf = nova.subgraphs.database.urlFor;
  const urls = {
    identity: urlOf('identity'),
    user: urlOf('user'),
    content: urlOf('content'),
    social: urlOf('social'),
    search: urlOf('search'),
    media: urlOf('media'),
    communication: urlOf('communication'),
  };
  await seedDatabases({ urls, mediaDirectory: nova.subgraphs.mediaDirectory, size });
  const { data } = await ask('Login', { input: { email: demoLogin.email, password: demoLogin.password } });
  token = data.login.accessToken;
  const { comments, people, posts } = generateNetwork(size);
  const [demo = '', ...others] = people.map(({ id }) => id);
  const conversationId = await fillLists(nova.subgraphs.database, {
    userId: demo,
    others,
    postIds: posts.map(({ id }) => id),
  });
  const counts = Map.groupBy(comments, ({ postId }) => postId);
  const [discussed] = [...counts].toSorted(([, a], [, b]) => b.length - a.length)[0] ?? [];
  const { username } = people[1] ?? {};
  variables = new Map<string, object>([
    ['PostPage', { id: discussed }],
    ['PostForViewer', { id: discussed }],
    ['ProfilePage', { username }],
    ['Followers', { username }],
    ['Conversation', { id: conversationId }],
    ['Search', { query: 'the', types: ['POST'] }],
  ]);
});
afterAll(() => nova.stop());

function ask(name: string, given: object = {}) {
  const operation = manifest.operations.find((each) => each.name === name);
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  return postGraphql(nova.url, { documentId: operation?.id, variables: given }, headers);
}

async function sumOf(series: string, operation: string): Promise<number> {
  const page = await fetch(`${nova.gateway.adminUrl}/metrics`).then((response) => response.text());
  const line = page.split('\n').find((it) => it.startsWith(`${series}_sum`) && it.includes(`"${operation}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** What one run takes, of each kind. */
async function takes(name: string, first: number) {
  const counted = async () => [
    await sumOf('gateway_operation_fetches', name),
    await sumOf('gateway_operation_rpc_calls', name),
  ];
  const before = await counted();
  let answer: Awaited<ReturnType<typeof ask>> | undefined;
  const statements = await statementsDuring(async () => {
    answer = await ask(name, { ...variables.get(name), first });
  });
  expect(answer?.errors).toEqual([]);
  const [fetches = 0, rpcCalls = 0] = (await counted()).map((sum, at) => sum - (before[at] ?? 0));
  // The gateway asks every two seconds which sessions have ended, whatever else goes on.
  const ofOperation = statements.filter((text) => !/sessions/.test(text));
  return { fetches, rpcCalls, statements: ofOperation.length };
}

/** What services do of their own accord meanwhile can only add statements. */
async function fewest(name: string, first: number) {
  const runs = [await takes(name, first), await takes(name, first), await takes(name, first)];
  const [least] = runs.toSorted((a, b) => a.statements - b.statements);
  return least;
}

test.each(['Conversations', 'Conversation', 'Notifications', 'MyMedia'])(
  'the list of %s that is measured has 10 and 50 entries',
  async (name) => {
    for (const first of [10, 50]) {
      const { data } = await ask(name, { ...variables.get(name), first });
      const list = data.viewerConversations ?? data.conversation?.messages ?? data.viewerNotifications ?? data.myMedia;
      expect(list.nodes).toHaveLength(first);
    }
  },
);

test.each([
  ['HomePage', { fetches: 3, rpcCalls: 2, statements: 7 }],
  ['HomeFeed', { fetches: 6, rpcCalls: 1, statements: 11 }],
  ['PostPage', { fetches: 3, rpcCalls: 2, statements: 7 }],
  ['PostForViewer', { fetches: 3, rpcCalls: 1, statements: 5 }],
  ['ProfilePage', { fetches: 3, rpcCalls: 1, statements: 7 }],
  ['Followers', { fetches: 3, rpcCalls: 0, statements: 5 }],
  ['Search', { fetches: 3, rpcCalls: 2, statements: 5 }],
  ['Notifications', { fetches: 3, rpcCalls: 1, statements: 6 }],
  ['Conversations', { fetches: 2, rpcCalls: 0, statements: 5 }],
  ['Conversation', { fetches: 2, rpcCalls: 0, statements: 5 }],
  ['MyMedia', { fetches: 2, rpcCalls: 0, statements: 2 }],
])(
  '%s takes the same fetches, calls between services and statements for lists of 10 and of 50',
  async (name, pinned) => {
    await takes(name, 10);
    expect([await fewest(name, 10), await fewest(name, 50)]).toEqual([pinned, pinned]);
  },
);
