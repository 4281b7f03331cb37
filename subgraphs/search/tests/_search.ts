import { randomUUID } from 'node:crypto';
import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { createPostgresEventLog, declaredTopics, eventTypeOf, toRecord } from '@nova/events';
import {
  PostCreatedSchema,
  PostDeletedSchema,
  PostEditedSchema,
} from '@nova/proto/nova/content/v1/content_events_pb.js';
import { ErasureRequestedSchema, ProfileChangedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import { createLogger, type Identity, StopStack } from '@nova/runtime';
import { roles } from '@nova/subgraph';
import { createTestDatabase, createTestKeys, openTestDatabase, subgraphClient } from '@nova/testkit';
import { type Kysely, sql } from 'kysely';
import { expect } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import type { Tables } from '../src/db/tables.ts';
import { createSearchService } from '../src/service.ts';
import { type OwnedPost, type OwnedProfile, type Owners, startOwners } from './_owners.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

export type Edge = {
  cursor: string;
  score: number;
  node: { __typename: 'User' | 'Post'; id: string };
  highlights: Array<{ field: string; segments: Array<{ text: string; isMatch: boolean }> }>;
};

export type Page = {
  edges: Edge[];
  nodes: Edge['node'][];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
};

const document = `query ($query: String!, $types: [SearchType!], $first: Int, $after: String) {
  search(query: $query, types: $types, first: $first, after: $after) {
    edges { cursor score node { __typename ... on User { id } ... on Post { id } } highlights { field segments { text isMatch } } }
    nodes { __typename ... on User { id } ... on Post { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

export type SearchVariables = { query: string; types?: string[]; first?: number; after?: string | null };

/** Search in all its roles behind its real doors, with the owners of what it indexes and the log that it listens to. */
export async function startSearch() {
  const stack = new StopStack();
  const database = await createTestDatabase();
  stack.add('database', database.drop);
  const keys = createTestKeys();
  stack.add('keys', keys.remove);
  const owners = await startOwners(keys);
  stack.add('owners', owners.stop);
  const log = createLogger({ service: 'test', level: process.env.TEST_LOG_LEVEL === 'error' ? 'error' : 'silent' });
  const env = {
    APP_ENV: 'test',
    GRAPHQL_PORT: '0',
    GRPC_PORT: '0',
    ADMIN_PORT: '0',
    DATABASE_URL: database.urlFor('search'),
    IDENTITY_PUBLIC_KEY_FILE: keys.identityPublicKeyFile,
    SERVICE_KEY_FILE: keys.serviceKeyFile,
    USER_GRPC_URL: owners.address,
    CONTENT_GRPC_URL: owners.address,
    SOCIAL_GRPC_URL: owners.address,
  };
  const start = async () => createSearchService(toConfig(readEnv(env)), { log, roles: new Set(roles) });
  const service = await start();
  stack.add('search', service.stop);
  const inspected = openTestDatabase<Tables>(env.DATABASE_URL);
  stack.add('inspection', inspected.stop);
  const send = subgraphClient(service.graphqlUrl, keys);
  const events = await openEvents(database.urlFor('content'), stack);
  const parts = { db: inspected.db, owners, events };
  return {
    ...parts,
    service,
    keys,
    adminUrl: database.adminUrl,
    env,
    send,
    ask: (variables: SearchVariables, as?: Identity) => send(document, { variables, as }),
    /** The page of a search that has to succeed. */
    async find(variables: SearchVariables, as?: Identity): Promise<Page> {
      const { data, errors } = await send(document, { variables, as });
      expect(errors).toEqual([]);
      return data.search;
    },
    ...changes(parts),
    stop: () => stack.stop(),
  };
}

export type SearchUnderTest = Awaited<ReturnType<typeof startSearch>>;

async function openEvents(url: string, stack: StopStack) {
  const eventLog = createPostgresEventLog({ url });
  stack.add('event log', eventLog.stop);
  await eventLog.ensureTopics(declaredTopics);
  const producer = await eventLog.openProducer();
  const published: string[] = [];
  return {
    published,
    async publish<D extends DescMessage>(
      schema: D,
      { key, message, id = randomUUID() }: { key: string; message: MessageInitShape<D>; id?: string },
    ): Promise<string> {
      const { type, version, topic } = eventTypeOf(schema);
      const payload = toBinary(schema, create(schema, message));
      const origin = { correlationId: 'of-this-test', traceparent, occurredAt: new Date() };
      await producer.send([toRecord(topic, { id, type, version, aggregateId: key, payload, ...origin })]);
      published.push(id);
      return id;
    },
  };
}

type Parts = {
  readonly db: Kysely<Tables>;
  readonly owners: Owners;
  readonly events: Awaited<ReturnType<typeof openEvents>>;
};

/** What happens to people and posts: at their owners, and as the event that tells of it. */
function changes({ db, owners, events: { publish, published } }: Parts) {
  const settled = async () => {
    await expect
      .poll(
        async () => {
          const { rows } = await sql<{ seen: number }>`
            select count(*)::int as seen from inbox where event_id = any(${published}::uuid[])`.execute(db);
          return rows[0]?.seen;
        },
        { timeout: 20_000 },
      )
      .toBe(new Set(published).size);
  };
  const tellOfUser = (id: string) => publish(ProfileChangedSchema, { key: id, message: { userId: id } });
  const tellOfPost = (id: string, authorId: string) =>
    publish(PostCreatedSchema, { key: id, message: { postId: id, authorId } });
  return {
    settled,
    tellOfUser,
    tellOfPost,
    async person(profile: OwnedProfile): Promise<string> {
      const id = randomUUID();
      owners.profiles.set(id, profile);
      await tellOfUser(id);
      return id;
    },
    async post(body: string, given: Partial<OwnedPost> = {}): Promise<string> {
      const id = randomUUID();
      const post = { authorId: randomUUID(), body, ...given };
      owners.posts.set(id, post);
      await tellOfPost(id, post.authorId);
      return id;
    },
    async editPost(id: string, changed: Partial<OwnedPost>): Promise<void> {
      const post = { ...(owners.posts.get(id) as OwnedPost), ...changed };
      owners.posts.set(id, post);
      await publish(PostEditedSchema, { key: id, message: { postId: id, authorId: post.authorId } });
    },
    async deletePost(id: string): Promise<void> {
      const { authorId } = owners.posts.get(id) as OwnedPost;
      owners.posts.delete(id);
      await publish(PostDeletedSchema, { key: id, message: { postId: id, authorId } });
    },
    erase: (id: string) => publish(ErasureRequestedSchema, { key: id, message: { userId: id } }),
  };
}

export const idsOf = ({ nodes }: Page) => nodes.map(({ id }) => id);
