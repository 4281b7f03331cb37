import { isUuid, type PageRequest } from '@nova/postgres';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { MessagesTable, Tables } from '../db/tables.ts';
import type { DeviceCiphertext, Message } from './message.ts';

type Row = Pick<Selectable<MessagesTable>, 'id' | 'conversation_id' | 'sender_id' | 'payload' | 'created_at'>;

const columns = ['id', 'conversation_id', 'sender_id', 'payload', 'created_at'] as const;

/** The same page of each conversation's messages, newest first, in one statement; one row more than the page for each. */
export async function listMessages(
  db: Kysely<Tables>,
  conversationIds: readonly string[],
  page: PageRequest,
): Promise<Message[]> {
  const { rows } = await sql<Row>`
    select page.id, page.conversation_id, page.sender_id, page.payload, page.created_at
    from unnest(${conversationIds}::uuid[]) as conversation (id)
    cross join lateral (
      select id, conversation_id, sender_id, payload, created_at
      from active_messages
      where conversation_id = conversation.id and (${page.afterId}::uuid is null or id < ${page.afterId}::uuid)
      order by id desc
      limit ${page.first + 1}
    ) as page`.execute(db);
  return rows.map(toMessage);
}

export async function findLastMessages(db: Kysely<Tables>, conversationIds: readonly string[]): Promise<Message[]> {
  const { rows } = await sql<Row>`
    select last.id, last.conversation_id, last.sender_id, last.payload, last.created_at
    from unnest(${conversationIds}::uuid[]) as conversation (id)
    cross join lateral (
      select id, conversation_id, sender_id, payload, created_at
      from active_messages
      where conversation_id = conversation.id
      order by id desc
      limit 1
    ) as last`.execute(db);
  return rows.map(toMessage);
}

/** What was encrypted for one device of the recipient, by message. */
export async function findCiphertexts(
  db: Kysely<Tables>,
  recipient: { userId: string; deviceId: number },
  messageIds: readonly string[],
): Promise<Map<string, Buffer>> {
  const rows = await db
    .selectFrom('message_ciphertexts')
    .select(['message_id', 'ciphertext'])
    .where('message_id', '=', sql<string>`any(${messageIds}::uuid[])`)
    .where('recipient_id', '=', recipient.userId)
    .where('device_id', '=', recipient.deviceId)
    .execute();
  return new Map(rows.map((row) => [row.message_id, row.ciphertext]));
}

/** Undefined when the sender has sent a message with this client id before. */
export async function insertMessage(
  db: Kysely<Tables>,
  message: {
    conversationId: string;
    senderId: string;
    clientMessageId: string;
    payload: Buffer | null;
    contentHash: Buffer;
  },
): Promise<Message | undefined> {
  const row = await db
    .insertInto('messages')
    .values({
      conversation_id: message.conversationId,
      sender_id: message.senderId,
      client_message_id: message.clientMessageId,
      payload: message.payload,
      content_hash: message.contentHash,
    })
    .onConflict((conflict) => conflict.columns(['sender_id', 'client_message_id']).doNothing())
    .returning(columns)
    .executeTakeFirst();
  return row && toMessage(row);
}

export async function insertCiphertexts(
  db: Kysely<Tables>,
  messageId: string,
  ciphertexts: readonly DeviceCiphertext[],
): Promise<void> {
  const rows = ciphertexts.map(({ recipientId, deviceId, ciphertext }) => ({
    message_id: messageId,
    recipient_id: recipientId,
    device_id: deviceId,
    ciphertext,
  }));
  await db.insertInto('message_ciphertexts').values(rows).execute();
}

/** The message that a client sent with this id of its own, if it says the same in the same conversation. */
export async function findRepeated(
  db: Kysely<Tables>,
  repeat: { conversationId: string; senderId: string; clientMessageId: string; contentHash: Buffer },
): Promise<Message | undefined> {
  const row = await db
    .selectFrom('active_messages')
    .select(columns)
    .where('sender_id', '=', repeat.senderId)
    .where('client_message_id', '=', repeat.clientMessageId)
    .where('conversation_id', '=', repeat.conversationId)
    .where('content_hash', '=', repeat.contentHash)
    .executeTakeFirst();
  return row && toMessage(row);
}

export async function findMessage(db: Kysely<Tables>, id: string): Promise<Message | undefined> {
  if (!isUuid(id)) return undefined;
  const row = await db.selectFrom('active_messages').select(columns).where('id', '=', id).executeTakeFirst();
  return row && toMessage(row);
}

/** Overwrites and deletes what the user sent, and deletes what was encrypted for the user. */
export async function eraseMessages(
  db: Kysely<Tables>,
  { userId, erasedBy }: { userId: string; erasedBy: string },
): Promise<void> {
  await sql`
    delete from message_ciphertexts
    where recipient_id = ${userId} or message_id in (select id from messages where sender_id = ${userId})`.execute(db);
  await db
    .updateTable('messages')
    .set({
      sender_id: null,
      client_message_id: null,
      payload: null,
      content_hash: null,
      deleted_at: sql`coalesce(deleted_at, now())`,
      deleted_by: sql`coalesce(nullif(deleted_by, ${userId}), ${erasedBy})`,
    })
    .where('sender_id', '=', userId)
    .execute();
}

function toMessage(row: Row): Message {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    senderId: row.sender_id,
    payload: row.payload,
    createdAt: row.created_at,
  };
}
