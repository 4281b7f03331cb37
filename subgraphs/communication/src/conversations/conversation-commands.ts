import { type Idempotent, once } from '@nova/idempotency';
import type { Kysely, Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import { type Conversation, conversationNotFound, type Participant } from './conversation.ts';
import {
  advanceReadMark,
  eraseParticipant,
  findConversationsOf,
  findPairConversation,
  insertGroupConversation,
  insertPairConversation,
  insertParticipants,
  listParticipants,
  lockConversation,
  lockConversationsOf,
} from './conversation-repository.ts';

export type ConversationCommands = {
  /** Finds the conversation of two again; `otherIds` are checked before (`otherPeople`). */
  start(input: { viewerId: string; otherIds: readonly string[] }, origin: Idempotent): Promise<Conversation>;
  /** Throws NOT_FOUND unless the user takes part and the message is one of the conversation. */
  markRead(input: { conversationId: string; userId: string; messageId: string }): Promise<Conversation>;
  /** Everybody in the conversation, erased ones too. Throws NOT_FOUND unless the user takes part. */
  participants(input: { conversationId: string; userId: string }): Promise<readonly Participant[]>;
};

export function createConversationCommands(deps: {
  db: Kysely<Tables>;
  /** Throws ACCOUNT_INACTIVE for who is erased, and keeps erasure out until the transaction ends. */
  requirePresent: (tx: Transaction<Tables>, userIds: readonly string[]) => Promise<void>;
}): ConversationCommands {
  const { db } = deps;
  const own = async (tx: Kysely<Tables>, userId: string, id: string) => {
    const [conversation] = await findConversationsOf(tx, userId, [id]);
    if (!conversation) throw conversationNotFound(id);
    return conversation;
  };
  return {
    start({ viewerId, otherIds }, origin) {
      return db.transaction().execute((tx) =>
        once(tx, origin.idempotency, {
          async effect() {
            const userIds = [viewerId, ...otherIds];
            await deps.requirePresent(tx, userIds);
            return otherIds.length === 1 ? pairConversation(tx, userIds) : groupConversation(tx, userIds);
          },
          idOf: ({ id }) => id,
          earlier: (id) => own(tx, viewerId, id),
        }),
      );
    },
    async markRead({ conversationId, userId, messageId }) {
      if (!(await advanceReadMark(db, { conversationId, userId, messageId })))
        throw conversationNotFound(conversationId);
      return own(db, userId, conversationId);
    },
    async participants({ conversationId, userId }) {
      return requireParticipant(await listParticipants(db, [conversationId]), { conversationId, userId });
    },
  };
}

async function pairConversation(tx: Transaction<Tables>, userIds: readonly string[]): Promise<Conversation> {
  const pair = [...userIds].sort() as [string, string];
  const made = await insertPairConversation(tx, pair);
  if (made) {
    await insertParticipants(tx, made.id, pair);
    return made;
  }
  const found = await findPairConversation(tx, pair);
  if (!found) throw conversationNotFound('');
  return found;
}

async function groupConversation(tx: Transaction<Tables>, userIds: readonly string[]): Promise<Conversation> {
  const made = await insertGroupConversation(tx);
  await insertParticipants(tx, made.id, userIds);
  return made;
}

/** The conversation's participants, with the conversation locked until the transaction ends. Throws NOT_FOUND unless the user is one. */
export async function lockParticipation(
  tx: Transaction<Tables>,
  member: { conversationId: string; userId: string },
): Promise<readonly Participant[]> {
  if (!(await lockConversation(tx, member.conversationId))) throw conversationNotFound(member.conversationId);
  return requireParticipant(await listParticipants(tx, [member.conversationId]), member);
}

function requireParticipant(
  participants: readonly Participant[],
  { conversationId, userId }: { conversationId: string; userId: string },
): readonly Participant[] {
  if (participants.some((participant) => participant.userId === userId)) return participants;
  throw conversationNotFound(conversationId);
}

/** What erasing a user does to conversations. `eraseMessages` runs while they are locked, so that no message of the user is under way. */
export function eraseParticipation(
  eraseMessages: (tx: Transaction<Tables>, userId: string, erasedBy: string) => Promise<void>,
) {
  return async (tx: Transaction<Tables>, userId: string, erasedBy: string): Promise<void> => {
    const conversationIds = await lockConversationsOf(tx, userId);
    await eraseMessages(tx, userId, erasedBy);
    await eraseParticipant(tx, { userId, conversationIds, erasedBy });
  };
}
