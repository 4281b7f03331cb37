import { isUuid, type PageRequest } from '@nova/postgres';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { ConversationsTable, ParticipantsTable, Tables } from '../db/tables.ts';
import type { Conversation, Participant } from './conversation.ts';

type Row = Pick<Selectable<ConversationsTable>, 'id' | 'activity_id' | 'created_at'>;
type ParticipantRow = Pick<
  Selectable<ParticipantsTable>,
  'conversation_id' | 'user_id' | 'joined_at' | 'last_read_message_id'
>;

const columns = ['id', 'activity_id', 'created_at'] as const;
const participantColumns = ['conversation_id', 'user_id', 'joined_at', 'last_read_message_id'] as const;

/** Those of the conversations that the user takes part in. */
export async function findConversationsOf(
  db: Kysely<Tables>,
  userId: string,
  ids: readonly string[],
): Promise<Conversation[]> {
  const rows = await conversationsOf(db, userId)
    .where('conversation.id', '=', sql<string>`any(${ids.filter(isUuid)}::uuid[])`)
    .execute();
  return rows.map(toConversation);
}

/** By their last activity, newest first; one row more than the page. */
export async function listConversationsOf(
  db: Kysely<Tables>,
  userId: string,
  page: PageRequest,
): Promise<Conversation[]> {
  const rows = await conversationsOf(db, userId)
    .$if(page.afterId !== null, (query) => query.where('conversation.activity_id', '<', page.afterId))
    .orderBy('conversation.activity_id', 'desc')
    .limit(page.first + 1)
    .execute();
  return rows.map(toConversation);
}

/** All participants of the conversations, erased ones too, in the order in which they joined. */
export async function listParticipants(db: Kysely<Tables>, conversationIds: readonly string[]): Promise<Participant[]> {
  const rows = await db
    .selectFrom('participants')
    .select(participantColumns)
    .where('conversation_id', '=', sql<string>`any(${conversationIds.filter(isUuid)}::uuid[])`)
    .orderBy('id')
    .execute();
  return rows.map(toParticipant);
}

/** Messages of others after the user's last read one, for each conversation, counted up to `limit`. */
export async function countUnread(
  db: Kysely<Tables>,
  userId: string,
  { conversationIds, limit }: { conversationIds: readonly string[]; limit: number },
): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: string; unread: number }>`
    select participant.conversation_id as id, unread.count as unread
    from active_participants participant
    cross join lateral (
      select count(*)::int from (
        select from active_messages message
        where message.conversation_id = participant.conversation_id
          and (participant.last_read_message_id is null or message.id > participant.last_read_message_id)
          and message.sender_id is distinct from participant.user_id
        limit ${limit}
      ) as counted
    ) as unread
    where participant.user_id = ${userId} and participant.conversation_id = any(${conversationIds}::uuid[])`.execute(
    db,
  );
  return new Map(rows.map(({ id, unread }) => [id, unread]));
}

/** Undefined when these two have a conversation already; waits for one that is being made. */
export async function insertPairConversation(
  db: Kysely<Tables>,
  [low, high]: readonly [string, string],
): Promise<Conversation | undefined> {
  const row = await db
    .insertInto('conversations')
    .values({ low_user_id: low, high_user_id: high })
    .onConflict((conflict) => conflict.columns(['low_user_id', 'high_user_id']).doNothing())
    .returning(columns)
    .executeTakeFirst();
  return row && toConversation(row);
}

export async function findPairConversation(
  db: Kysely<Tables>,
  [low, high]: readonly [string, string],
): Promise<Conversation | undefined> {
  const row = await db
    .selectFrom('conversations')
    .select(columns)
    .where('low_user_id', '=', low)
    .where('high_user_id', '=', high)
    .executeTakeFirst();
  return row && toConversation(row);
}

export async function insertGroupConversation(db: Kysely<Tables>): Promise<Conversation> {
  const row = await db
    .insertInto('conversations')
    .values({ low_user_id: null, high_user_id: null })
    .returning(columns)
    .executeTakeFirstOrThrow();
  return toConversation(row);
}

export async function insertParticipants(
  db: Kysely<Tables>,
  conversationId: string,
  userIds: readonly string[],
): Promise<void> {
  const rows = userIds.map((userId) => ({ conversation_id: conversationId, user_id: userId }));
  await db.insertInto('participants').values(rows).execute();
}

/** Locks the conversation until the transaction ends, so that its messages come one after the other. False without it. */
export async function lockConversation(db: Kysely<Tables>, id: string): Promise<boolean> {
  if (!isUuid(id)) return false;
  const row = await db
    .selectFrom('conversations')
    .select('id')
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

export async function updateActivity(db: Kysely<Tables>, id: string, activityId: string): Promise<void> {
  await db.updateTable('conversations').set({ activity_id: activityId }).where('id', '=', id).execute();
}

/** Only ever forward. False unless the user takes part and the message is one of the conversation. */
export async function advanceReadMark(
  db: Kysely<Tables>,
  { conversationId, userId, messageId }: { conversationId: string; userId: string; messageId: string },
): Promise<boolean> {
  if (!isUuid(conversationId) || !isUuid(messageId)) return false;
  const { numUpdatedRows } = await db
    .updateTable('participants')
    .set({ last_read_message_id: sql`greatest(last_read_message_id, ${messageId}::uuid)` })
    .where('conversation_id', '=', conversationId)
    .where('user_id', '=', userId)
    .where('deleted_at', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('messages').select('id').where('id', '=', messageId).where('conversation_id', '=', conversationId),
      ),
    )
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Locks all conversations of the user, and returns their ids. */
export async function lockConversationsOf(db: Kysely<Tables>, userId: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from conversations
    where id in (select conversation_id from participants where user_id = ${userId})
    order by id for update`.execute(db);
  return rows.map(({ id }) => id);
}

/** The user becomes a deleted participant; conversations in which nobody is left are deleted too. */
export async function eraseParticipant(
  db: Kysely<Tables>,
  { userId, conversationIds, erasedBy }: { userId: string; conversationIds: readonly string[]; erasedBy: string },
): Promise<void> {
  await db
    .updateTable('participants')
    .set({ user_id: null, last_read_message_id: null, deleted_at: sql`now()`, deleted_by: erasedBy })
    .where('user_id', '=', userId)
    .execute();
  await sql`
    update conversations set
      low_user_id = null, high_user_id = null,
      deleted_at = case when not inhabited then now() end,
      deleted_by = case when not inhabited then ${erasedBy}::uuid end
    from (
      select left_one.id, exists (
        select from active_participants where conversation_id = left_one.id
      ) as inhabited
      from unnest(${conversationIds}::uuid[]) as left_one (id)
    ) as left_ones
    where conversations.id = left_ones.id`.execute(db);
}

function conversationsOf(db: Kysely<Tables>, userId: string) {
  return db
    .selectFrom('active_conversations as conversation')
    .innerJoin('active_participants as participant', 'participant.conversation_id', 'conversation.id')
    .select(['conversation.id', 'conversation.activity_id', 'conversation.created_at'])
    .where('participant.user_id', '=', userId);
}

function toConversation(row: Row): Conversation {
  return { id: row.id, activityId: row.activity_id, createdAt: row.created_at };
}

function toParticipant(row: ParticipantRow): Participant {
  return {
    conversationId: row.conversation_id,
    userId: row.user_id,
    joinedAt: row.joined_at,
    lastReadMessageId: row.last_read_message_id,
  };
}
