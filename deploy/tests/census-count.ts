import { fromBinary } from '@bufbuild/protobuf';
import type { EncodedEvent } from '@nova/events';
import {
  CommentAddedSchema,
  PostCreatedSchema,
  PostDeletedSchema,
} from '@nova/proto/nova/content/v1/content_events_pb.js';
import { AccountRegisteredSchema } from '@nova/proto/nova/identity/v1/identity_events_pb.js';
import type pg from 'pg';

/** What is in the tables about the accounts of a prefix. */
export type Census = {
  readonly accounts: ReadonlySet<string>;
  /** Ids of the accounts that have a profile. */
  readonly profiles: ReadonlySet<string>;
  readonly posts: readonly { id: string; author_id: string; body: string; deleted: boolean }[];
  readonly comments: readonly { id: string; author_id: string; body: string }[];
  /** By account. */
  readonly postCounts: ReadonlyMap<string, number>;
};

export async function countRows(admin: pg.Client, prefix: string): Promise<Census> {
  const rows = async <Row extends pg.QueryResultRow>(text: string, values: unknown[]) =>
    (await admin.query<Row>(text, values)).rows;
  const found = await rows<{ id: string }>('select id from identity.accounts where starts_with(username, $1)', [
    prefix,
  ]);
  const ids = found.map(({ id }) => id);
  const mine = 'author_id = any($1) order by id';
  return {
    accounts: new Set(ids),
    profiles: new Set(
      (await rows<{ id: string }>('select id from "user".profiles where id = any($1)', [ids])).map(({ id }) => id),
    ),
    posts: await rows(
      `select id, author_id, body, deleted_at is not null as deleted from content.posts where ${mine}`,
      [ids],
    ),
    comments: await rows(`select id, author_id, body from content.comments where ${mine}`, [ids]),
    postCounts: new Map(
      (
        await rows<{ user_id: string; posts: number }>(
          'select user_id, posts from "user".post_counts where user_id = any($1)',
          [ids],
        )
      ).map(({ user_id, posts }) => [user_id, posts]),
    ),
  };
}

/** Rows that must not be left over once everything is quiet, by table. */
export async function countLeftovers(admin: pg.Client, domains: readonly string[]): Promise<Record<string, number>> {
  const { rows } = await admin.query<{ name: string }>(
    `select quote_ident(table_schema) || '.' || table_name as name from information_schema.tables
     where table_schema = any($1) and table_name in ('outbox_events', 'dead_letters', 'parked_keys')`,
    [domains],
  );
  const counts: Record<string, number> = {};
  for (const { name } of rows) {
    const counted = await admin.query<{ rows: number }>(`select count(*)::int as rows from ${name}`);
    counts[name] = counted.rows[0]?.rows ?? 0;
  }
  return counts;
}

/** Ids of what the events tell of, of the accounts given; an event that is in the log twice counts once. */
export type CountedEvents = {
  readonly records: number;
  readonly duplicates: number;
  /** Each has one entry an event, so the same id twice would be two events about one thing. */
  readonly registered: readonly string[];
  readonly created: readonly string[];
  readonly deleted: readonly string[];
  readonly commented: readonly string[];
  /** Posts that were deleted before they were created, going by first occurrences. */
  readonly disordered: readonly string[];
};

export function countEvents(log: readonly EncodedEvent[], accounts: ReadonlySet<string>): CountedEvents {
  const distinct = [...new Map(log.toReversed().map((event) => [event.id, event])).values()].toReversed();
  const ofType = (type: string) => distinct.filter((event) => event.type === type);
  const registered = ofType('identity.account_registered')
    .map(({ payload }) => fromBinary(AccountRegisteredSchema, payload).accountId)
    .filter((id) => accounts.has(id));
  const created = ofType('content.post_created')
    .map(({ payload }) => fromBinary(PostCreatedSchema, payload))
    .filter(({ authorId }) => accounts.has(authorId));
  const deleted = ofType('content.post_deleted')
    .map(({ payload }) => fromBinary(PostDeletedSchema, payload))
    .filter(({ authorId }) => accounts.has(authorId));
  const commented = ofType('content.comment_added')
    .map(({ payload }) => fromBinary(CommentAddedSchema, payload))
    .filter(({ authorId }) => accounts.has(authorId));
  return {
    records: log.length,
    duplicates: log.length - distinct.length,
    registered,
    created: created.map(({ postId }) => postId),
    deleted: deleted.map(({ postId }) => postId),
    commented: commented.map(({ commentId }) => commentId),
    disordered: disorderedPosts(distinct),
  };
}

/** All events of a post have its id as their key, so they are in one partition, which was read from its start. */
function disorderedPosts(distinct: readonly EncodedEvent[]): string[] {
  const created = new Set<string>();
  const disordered: string[] = [];
  for (const { type, aggregateId } of distinct) {
    if (type === 'content.post_created') created.add(aggregateId);
    else if (type.startsWith('content.') && !created.has(aggregateId)) disordered.push(aggregateId);
  }
  return disordered;
}
