import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import { createPostgresEventLog, eventTypeOf } from '@nova/events';
import { append } from '@nova/outbox';
import { roles } from '@nova/subgraph';
import { openTestDatabase, subgraphClient } from '@nova/testkit';
import { sql } from 'kysely';
import { expect } from 'vitest';
import { type Person, startSocial } from './_social.ts';

/** Social with content's real posts and its own consumers, over the embedded event log. */
export async function startFeeds(env: Readonly<Record<string, string>> = {}) {
  const social = await startSocial({ roles, env });
  const writePosts = subgraphClient(social.subgraphs.content.graphqlUrl, social.keys);
  const log = createPostgresEventLog({ url: social.database.urlFor('social'), applicationName: 'test' });
  const admin = openTestDatabase(social.database.adminUrl);
  const publishers = {
    content: openTestDatabase(social.database.urlFor('content')),
    user: openTestDatabase(social.database.urlFor('user')),
  };

  async function unpublished(): Promise<number> {
    const outboxes = ['identity', 'user', 'content', 'social'].map((name) => `select 1 from "${name}".outbox_events`);
    const { rows } = await sql.raw(outboxes.join(' union all ')).execute(admin.db);
    return rows.length;
  }
  async function unconsumed(): Promise<number> {
    const topics = ['content.events', 'social.events', 'user.events'];
    const lags = await log.lag('social', topics);
    return lags.reduce((sum, { records }) => sum + Number(records), 0);
  }
  return {
    ...social,
    async write({ as }: Person): Promise<string> {
      const answer = await writePosts('mutation { createPost(input: { body: "Hello" }) { post { id } } }', { as });
      return answer.data.createPost.post.id;
    },
    async remove({ as }: Person, id: string): Promise<void> {
      await writePosts('mutation ($id: ID!) { deletePost(input: { id: $id }) { deletedPostId } }', {
        as,
        variables: { id },
      });
    },
    /** Says on behalf of another domain that something happened. */
    announce<D extends DescMessage>(schema: D, aggregateId: string, message: MessageInitShape<D>): Promise<void> {
      const publisher = eventTypeOf(schema).topic === 'user.events' ? publishers.user : publishers.content;
      const origin = { correlationId: 'announced-by-test', traceparent: '' };
      return publisher.db.transaction().execute((tx) => append(tx, schema, { aggregateId, message, origin }));
    },
    /** How many sessions of social wait for a lock of that sort. */
    async waitingFor(sort: 'advisory' | 'transactionid'): Promise<number> {
      const { rows } = await sql`
        select from pg_stat_activity
        where datname = current_database() and application_name = 'nova-social' and wait_event = ${sort}`.execute(
        admin.db,
      );
      return rows.length;
    },
    /** How many events of somebody who acts social has handled itself. */
    async handled(aggregateId: string): Promise<number> {
      const { rows } = await sql`
        select from event_log.records join social.inbox on event_id::text = headers ->> 'event-id'
        where topic = 'social.events' and key = ${aggregateId}`.execute(admin.db);
      return rows.length;
    },
    /** The types of the events about an aggregate that social has published, oldest first. */
    async published(aggregateId: string): Promise<string[]> {
      const { rows } = await sql<{ type: string }>`
        select headers ->> 'event-type' as type from event_log.records
        where topic = 'social.events' and key = ${aggregateId} order by "offset"`.execute(admin.db);
      return rows.map(({ type }) => type.replace('social.', ''));
    },
    /** Waits until every event that was committed has had its effect, those that it caused included. */
    async settled(): Promise<void> {
      // Twice in this order: what is published between the two looks is met by the second pair.
      const waiting = async () => [await unpublished(), await unconsumed(), await unpublished(), await unconsumed()];
      await expect.poll(waiting, { interval: 20 }).toEqual([0, 0, 0, 0]);
    },
    /** The ids of a feed, read page by page. */
    async feed({ as }: Person, pageSize = 100): Promise<string[]> {
      const seen: string[] = [];
      for (let after: string | null = null; ; ) {
        const { data, errors } = await social.send(
          `query ($first: Int, $after: String) {
            homeFeed(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }
          }`,
          { as, variables: { first: pageSize, after } },
        );
        expect(errors).toEqual([]);
        const { nodes, pageInfo } = data.homeFeed;
        seen.push(...nodes.map(({ id }: { id: string }) => id));
        if (!pageInfo.hasNextPage) return seen;
        after = pageInfo.endCursor;
      }
    },
    async stop() {
      await admin.stop();
      await publishers.content.stop();
      await publishers.user.stop();
      await log.stop();
      await social.stop();
    },
  };
}

export type Feeds = Awaited<ReturnType<typeof startFeeds>>;
