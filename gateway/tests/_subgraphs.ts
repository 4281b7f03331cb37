import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { buildSubgraphSchema, type GraphQLResolverMap } from '@apollo/subgraph';
import { AppError, errorCodes, isAppError } from '@nova/errors';
import { headerNames, type Identity, type IdentityVerifier } from '@nova/runtime';
import { subgraphSdl } from '@nova/schema';
import { type GraphQLSchema, graphql, parse } from 'graphql';

type Resolvers = GraphQLResolverMap<{ identity: Identity }>;

/** Answers in the subgraph's stead; the caller decides how badly. */
export type Misbehaviour = (request: IncomingMessage, response: ServerResponse) => void;

export type ReceivedCall = {
  readonly headers: IncomingHttpHeaders;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly aborted: boolean;
};

export type TestSubgraph = {
  readonly url: string;
  readonly calls: ReceivedCall[];
  /** From now on answer like this, or properly again. */
  misbehave(misbehaviour: Misbehaviour | undefined): void;
  /** What it says instead of a value, wherever in an answer that stands; undefined: the values themselves. */
  distort(distortion: ((value: unknown) => unknown) | undefined): void;
  /** The `cache-control` of what it answers from now on; at first it says none. */
  cacheControl(value: string | undefined): void;
  /** Connections that are open now. */
  connections(): Promise<number>;
  /** Closes the port and every connection. */
  kill(): Promise<void>;
};

export const users = ['ada', 'grace', 'alan'].map((username, index) => ({
  id: `u${index + 1}`,
  username,
  displayName: username.toUpperCase(),
  bio: null,
  location: null,
  joinedAt: '2026-01-01T00:00:00.000Z',
  postCount: 4,
}));
const posts = Array.from({ length: 12 }, (_, index) => ({
  id: `p${index + 1}`,
  body: `Post ${index + 1}`,
  createdAt: '2026-02-01T00:00:00.000Z',
  commentCount: 2,
  author: { __typename: 'User', id: `u${(index % 3) + 1}` },
}));

const account = {
  id: 'u1',
  email: 'ada@example.org',
  username: 'ada',
  createdAt: '2026-01-01T00:00:00.000Z',
  user: { id: 'u1' },
};
const session = {
  accessToken: 'a',
  accessTokenExpiresAt: '2026-03-01T00:00:00.000Z',
  refreshToken: 'r',
  refreshTokenExpiresAt: '2026-04-01T00:00:00.000Z',
  account,
};

function page<Node extends { id: string }>(nodes: readonly Node[], first: number | null) {
  const shown = nodes.slice(0, first ?? 20);
  return {
    nodes: shown,
    edges: shown.map((node) => ({ cursor: node.id, node })),
    pageInfo: { hasNextPage: shown.length < nodes.length, hasPreviousPage: false, startCursor: null, endCursor: null },
  };
}

function commentsOf(post: (typeof posts)[number]) {
  return ['First!', 'Well said.'].map((body, index) => ({
    id: `${post.id}c${index + 1}`,
    body,
    createdAt: '2026-02-02T00:00:00.000Z',
    author: { __typename: 'User', id: `u${index + 1}` },
    post,
  }));
}

export const resolversByName: Record<string, Resolvers> = {
  content: {
    Query: {
      post: (_: unknown, { id }: { id: string }) => posts.find((post) => post.id === id) ?? null,
      posts: (_: unknown, { first, after }: { first: number | null; after?: string }) => {
        if (after === 'nonsense') throw new AppError('INVALID_CURSOR', 'The cursor was not issued by this connection.');
        if (first !== null && (first < 0 || first > 100))
          throw new AppError('INVALID_PAGE_SIZE', 'first must be from 0 to 100.', { details: { first, limit: 100 } });
        return page(posts, first);
      },
    },
    Mutation: {
      createPost: (_: unknown, { input }: { input: { body: string } }, { identity }: { identity: Identity }) => {
        if (identity.kind === 'anonymous') throw new AppError('UNAUTHENTICATED', 'Sign in to post.');
        return { post: { ...posts[0], id: 'p99', body: input.body, author: { id: identity.userId } } };
      },
      deletePost: () => {
        throw new Error('connection to 10.0.0.7:5432 refused');
      },
      addComment: () => ({ comment: { ...posts.slice(0, 1).flatMap(commentsOf)[0], id: 'p1c99' } }),
      deleteComment: (_: unknown, { input }: { input: { id: string } }) => ({ deletedCommentId: input.id }),
    },
    Post: { comments: (post: (typeof posts)[number], { first }: { first: number }) => page(commentsOf(post), first) },
    User: {
      __resolveReference: ({ id }: { id: string }) => ({ id }),
      posts: ({ id }: { id: string }, { first }: { first: number | null }) =>
        page(
          posts.filter(({ author }) => author.id === id),
          first,
        ),
    },
  },
  identity: {
    Query: {
      viewer: (_: unknown, __: unknown, { identity }: { identity: Identity }) =>
        identity.kind === 'user' ? { ...account, id: identity.userId, user: { id: identity.userId } } : null,
    },
    Mutation: {
      register: () => session,
      login: () => {
        throw new AppError('INVALID_CREDENTIALS', 'The email or the password is wrong.');
      },
      refreshSession: () => session,
      logout: () => ({ loggedOut: true }),
    },
  },
  user: {
    Query: {
      user: (_: unknown, { id }: { id: string }) => users.find((user) => user.id === id) ?? null,
      userByUsername: (_: unknown, { username }: { username: string }) =>
        users.find((user) => user.username === username) ?? null,
    },
    Mutation: { updateProfile: () => ({ user: users[0] }) },
    User: { __resolveReference: ({ id }: { id: string }) => users.find((user) => user.id === id) ?? null },
  },
};

/** One of Nova's subgraphs by its committed SDL, with its data in memory, behind a server that can be told to fail. */
export function startTestSubgraph(name: string, verifyIdentity: IdentityVerifier): Promise<TestSubgraph> {
  return serveSubgraph({ sdl: subgraphSdl(name), resolvers: resolversByName[name] ?? {}, verifyIdentity });
}

/** The same for any SDL. */
export async function serveSubgraph(options: {
  sdl: string;
  resolvers: Resolvers;
  verifyIdentity: IdentityVerifier;
}): Promise<TestSubgraph> {
  const { verifyIdentity } = options;
  const schema = buildSubgraphSchema([{ typeDefs: parse(options.sdl), resolvers: options.resolvers }]);
  const calls: ReceivedCall[] = [];
  let misbehaviour: Misbehaviour | undefined;
  let cacheControl: string | undefined;
  let distortion: ((value: unknown) => unknown) | undefined;
  const server = createServer(async (request, response) => {
    const { query, variables } = JSON.parse(await text(request));
    calls.push({
      headers: request.headers,
      query,
      variables,
      get aborted() {
        return response.destroyed && !response.writableFinished;
      },
    });
    if (cacheControl !== undefined) response.setHeader('cache-control', cacheControl);
    if (misbehaviour) misbehaviour(request, response);
    else await answer({ request, response, schema, verifyIdentity, source: query, variables, distortion });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    calls,
    misbehave: (next) => {
      misbehaviour = next;
    },
    distort: (next) => {
      distortion = next;
    },
    cacheControl: (value) => {
      cacheControl = value;
    },
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    async kill() {
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(call: {
  request: IncomingMessage;
  response: ServerResponse;
  schema: GraphQLSchema;
  verifyIdentity: IdentityVerifier;
  source: string;
  variables: Record<string, unknown>;
  distortion: ((value: unknown) => unknown) | undefined;
}): Promise<void> {
  const { request, response, schema, verifyIdentity, source, variables: variableValues, distortion } = call;
  const send = (status: number, body: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body, distortion && ((_name, value) => distortion(value))));
  };
  const identity = await verifyIdentity(String(request.headers[headerNames.identity])).catch(() => undefined);
  if (!identity) {
    send(401, { errors: [{ message: 'No identity.', extensions: { code: 'UNAUTHENTICATED' } }] });
    return;
  }
  const { data, errors } = await graphql({ schema, source, variableValues, contextValue: { identity } });
  send(200, {
    data,
    ...(errors && {
      errors: errors.map((error) => ({ ...error.toJSON(), extensions: extensionsOf(error.originalError) })),
    }),
  });
}

function extensionsOf(error: unknown): Record<string, unknown> {
  return isAppError(error)
    ? { ...error.details, code: error.code, retryable: errorCodes[error.code].retryable }
    : { code: 'INTERNAL_SERVER_ERROR', stacktrace: ['at secret.ts:1'] };
}
