import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { postGraphql } from '@nova/testkit';

/** What the clients sent and what they were told. Whatever was not acknowledged may or may not have happened. */
export type Traffic = {
  /** Prefix of the usernames of every account that a client tried to make. */
  readonly prefix: string;
  /** By id; made with an answer. */
  readonly accounts: Map<string, Account>;
  readonly createPost: Ledger;
  readonly deletePost: Ledger;
  readonly addComment: Ledger;
  unknownRegistrations: number;
  /** Why mutations were not acknowledged, by error code, and how often. */
  readonly reasons: Record<string, number>;
};

export type Account = { readonly id: string; readonly token: string };

export type Ledger = {
  /** What identifies each mutation that was sent: the text of a post or comment, the id of a post to delete. */
  readonly sent: Set<string>;
  /** Id of what was made or deleted, by what identifies it. */
  readonly acknowledged: Map<string, string>;
};

type Target = { readonly url: string; readonly traffic: Traffic };

/** A client that got no answer looks again a little later instead of counting failures as fast as it can. */
const pauseAfterUnknownMs = 150;
const newLedger = (): Ledger => ({ sent: new Set(), acknowledged: new Map() });

export function newTraffic(): Traffic {
  return {
    prefix: `c${randomBytes(3).toString('hex')}_`,
    accounts: new Map(),
    createPost: newLedger(),
    deletePost: newLedger(),
    addComment: newLedger(),
    unknownRegistrations: 0,
    reasons: {},
  };
}

/** Lets `clients` sign up and write, each one thing after the other, until `isEnough`; then every answer is in. */
export async function generateTraffic(
  traffic: Traffic,
  options: { url: string; clients: number; isEnough(): boolean },
): Promise<void> {
  const { url, clients, isEnough } = options;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (!isEnough()) {
        const account = await register({ url, traffic });
        // Every client is several people one after the other, so that identity is written to all the time.
        for (let turn = 0; account && turn < 40 && !isEnough(); turn++)
          await writeOnce(url, { traffic, account, turn });
      }
    }),
  );
}

async function writeOnce(
  url: string,
  { traffic, account, turn }: { traffic: Traffic; account: Account; turn: number },
): Promise<void> {
  const own = [...traffic.createPost.acknowledged].filter(([text]) => text.startsWith(account.id)).at(-1)?.[1];
  const text = `${account.id} ${randomUUID()}`;
  if (turn % 10 === 7 && own && !traffic.deletePost.sent.has(own)) {
    await mutate({ url, traffic }, traffic.deletePost, {
      ...mutations.deletePost,
      account,
      text: own,
      input: { id: own },
    });
  } else if (turn % 10 === 3 && own) {
    const input = { postId: own, body: text };
    await mutate({ url, traffic }, traffic.addComment, { ...mutations.addComment, account, text, input });
  } else
    await mutate({ url, traffic }, traffic.createPost, {
      ...mutations.createPost,
      account,
      text,
      input: { body: text },
    });
}

const mutations = {
  createPost: {
    query: 'mutation($input: CreatePostInput!) { createPost(input: $input) { post { id } } }',
    idOf: (data: { createPost: { post: { id: string } } }) => data.createPost.post.id,
  },
  deletePost: {
    query: 'mutation($input: DeletePostInput!) { deletePost(input: $input) { deletedPostId } }',
    idOf: (data: { deletePost: { deletedPostId: string } }) => data.deletePost.deletedPostId,
  },
  addComment: {
    query: 'mutation($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }',
    idOf: (data: { addComment: { comment: { id: string } } }) => data.addComment.comment.id,
  },
};

type Mutation<Data> = {
  readonly query: string;
  readonly account: Account;
  readonly text: string;
  readonly input: object;
  idOf(data: Data): string;
};

async function mutate<Data>(target: Target, ledger: Ledger, mutation: Mutation<Data>): Promise<void> {
  const { query, account, text, input } = mutation;
  ledger.sent.add(text);
  const data = await send<Data>(target, { query, input, token: account.token });
  if (data) ledger.acknowledged.set(text, mutation.idOf(data));
}

async function register({ url, traffic }: Target): Promise<Account | undefined> {
  const username = `${traffic.prefix}${randomBytes(6).toString('hex')}`;
  const input = { username, email: `${username}@nova.example`, password: 'long-enough-for-a-census' };
  const query = 'mutation($input: RegisterInput!) { register(input: $input) { accessToken account { id } } }';
  const data = await send<{ register: { accessToken: string; account: { id: string } } }>(
    { url, traffic },
    { query, input },
  );
  if (!data) {
    traffic.unknownRegistrations += 1;
    return undefined;
  }
  const account = { id: data.register.account.id, token: data.register.accessToken };
  traffic.accounts.set(account.id, account);
  return account;
}

/** The data of an answer without errors, else undefined: it is never sent again, for it may have happened. */
async function send<Data>(
  { url, traffic }: Target,
  request: { query: string; input: object; token?: string },
): Promise<Data | undefined> {
  const { query, input, token } = request;
  const headers = token ? { authorization: `Bearer ${token}` } : undefined;
  const answer = await postGraphql(url, { query, variables: { input } }, headers).catch(reasonOf);
  if (typeof answer !== 'string' && answer.data && answer.errors.length === 0) return answer.data;
  const reason = typeof answer === 'string' ? answer : (answer.errors[0]?.extensions.code ?? `HTTP ${answer.status}`);
  traffic.reasons[reason] = (traffic.reasons[reason] ?? 0) + 1;
  await delay(pauseAfterUnknownMs);
  return undefined;
}

function reasonOf(error: Error & { cause?: { code?: string } }): string {
  return error.cause?.code ?? error.name;
}
