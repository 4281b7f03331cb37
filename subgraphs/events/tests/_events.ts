import type { Identity } from '@nova/runtime';
import type { Role } from '@nova/subgraph';
import { openTestDatabase, registerAccount, startSubgraphs, subgraphClient, userIdentity } from '@nova/testkit';
import { type Kysely, sql } from 'kysely';
import pg from 'pg';

export const operatorId = '01999999-0000-7000-8000-000000000001';
export const operator = userIdentity(operatorId, ['read:events', 'replay:events']);

/** Every domain, and what an operator has: the graph of events, and a superuser's connection. */
export async function startWorld(roles: readonly Role[]) {
  const subgraphs = await startSubgraphs({ roles });
  const open = (domain: string) => openTestDatabase<unknown>(subgraphs.database.urlFor(domain));
  const events = open('events');
  const admin = new pg.Client({ connectionString: subgraphs.database.adminUrl });
  await admin.connect();
  const send = subgraphClient(subgraphs.events.graphqlUrl, subgraphs.keys);
  return {
    subgraphs,
    admin,
    /** As the role that serves events. */
    db: events.db as Kysely<unknown>,
    send,
    ask: (query: string, variables: object = {}) => send(query, { as: operator, variables }),
    async stop() {
      await admin.end();
      await events.stop();
      await subgraphs.stop();
    },
  };
}

export type World = Awaited<ReturnType<typeof startWorld>>;

export async function register({ subgraphs }: World, username: string, headers: Readonly<Record<string, string>> = {}) {
  const as = await registerAccount(subgraphs, username, headers);
  return { id: as.userId, as };
}

export async function post({ subgraphs }: World, as: Identity): Promise<string> {
  const send = subgraphClient(subgraphs.content.graphqlUrl, subgraphs.keys);
  const { data } = await send('mutation { createPost(input: { body: "Hello" }) { post { id } } }', { as });
  return data.createPost.post.id;
}

/** What no service would write: an event put into a domain's outbox as it is. */
export async function publish(
  { admin }: World,
  event: { topic: string; key: string; type: string; version?: number; payload: Uint8Array },
): Promise<void> {
  const { topic, key, type, version = 1, payload } = event;
  await admin.query(
    `insert into content.outbox_events (shard, topic, key, type, version, payload, correlation_id, traceparent)
     values (0, $1, $2, $3, $4, $5, 'published-by-test', '')`,
    [topic, key, type, version, Buffer.from(payload)],
  );
}

export async function count(db: Kysely<unknown>, what: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from ${sql.raw(what)}`.execute(db);
  return rows[0]?.count ?? 0;
}
