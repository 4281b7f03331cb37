import { randomUUID } from 'node:crypto';
import { ContentService } from '@nova/proto/nova/content/v1/content_service_pb.js';
import type { Identity, IdentityVerifier } from '@nova/runtime';
import type { Role } from '@nova/subgraph';
import {
  openTestDatabase,
  registerAccount,
  serveRpc,
  standInService,
  startSubgraphs,
  subgraphClient,
} from '@nova/testkit';
import { sql } from 'kysely';
import type { Tables } from '../src/db/tables.ts';

export type Person = { readonly id: string; readonly as: Identity };

/** Social behind its real doors, people to act, and posts that a content service of the test tells of. */
export async function startSocial(options: { roles?: readonly Role[]; env?: Readonly<Record<string, string>> } = {}) {
  const content = await startContentStandIn();
  const env = { CONTENT_GRPC_URL: content.address, ...options.env };
  const subgraphs = await startSubgraphs({
    roles: options.roles,
    env,
    domains: ['identity', 'user', 'content', 'social'],
  });
  content.verifyWith(subgraphs.keys.verify);
  const url = subgraphs.database.urlFor('social');
  const database = openTestDatabase<Tables>(url);
  const send = subgraphClient(subgraphs.social.graphqlUrl, subgraphs.keys);
  let people = 0;
  return {
    ...subgraphs,
    subgraphs,
    db: database.db,
    send,
    content,
    /** Registers an account through identity. */
    async person(): Promise<Person> {
      people += 1;
      const as = await registerAccount(subgraphs, `person_${people}`);
      return { id: as.userId, as };
    },
    /** Sends one of the mutations about a user; the codes of its errors. */
    async relate(who: Person, verb: 'follow' | 'unfollow' | 'block' | 'unblock', whom: string): Promise<string[]> {
      const { errors } = await send(
        `mutation ($userId: ID!) { ${verb}User(input: { userId: $userId }) { user { id } } }`,
        { as: who.as, variables: { userId: whom } },
      );
      return errors.map(({ extensions }) => extensions.code);
    },
    /** Sends one of the mutations about a post; the codes of its errors. */
    async react(who: Person, verb: 'like' | 'unlike', postId: string): Promise<string[]> {
      const { errors } = await send(
        `mutation ($postId: ID!) { ${verb}Post(input: { postId: $postId }) { post { id } } }`,
        { as: who.as, variables: { postId } },
      );
      return errors.map(({ extensions }) => extensions.code);
    },
    /** The types of the events that wait in the outbox, oldest first. */
    async events(): Promise<string[]> {
      const { rows } = await sql<{ type: string }>`select type from outbox_events order by id`.execute(database.db);
      return rows.map(({ type }) => type.replace('social.', ''));
    },
    async stop() {
      await database.stop();
      await subgraphs.stop();
      await content.stop();
    },
  };
}

export type Social = Awaited<ReturnType<typeof startSocial>>;

/** Answers for content as its contract says, about posts that the test makes up. */
async function startContentStandIn() {
  const authors = new Map<string, string>();
  const hidden = new Set<string>();
  const asked: string[][] = [];
  let verify: IdentityVerifier = () => Promise.reject(new Error('not yet'));
  const service = standInService(ContentService, {
    async getPosts({ ids }) {
      return { posts: ids.flatMap((id) => (authors.has(id) ? [{ id, authorId: authors.get(id) as string }] : [])) };
    },
    async checkPostVisible({ postIds }) {
      asked.push(postIds);
      return { visiblePostIds: postIds.filter((id) => authors.has(id) && !hidden.has(id)) };
    },
  });
  const server = await serveRpc([service], { verifyIdentity: (token) => verify(token) });
  return {
    address: server.address,
    verifyWith(verifier: IdentityVerifier) {
      verify = verifier;
    },
    post(author: Pick<Person, 'id'>): string {
      const id = randomUUID();
      authors.set(id, author.id);
      return id;
    },
    /** The ids in each call that asked which posts may be seen. */
    asked: asked as readonly (readonly string[])[],
    hide: (postId: string) => void hidden.add(postId),
    stop: server.stop,
  };
}
