import { AppError } from '@nova/errors';

export type Conversation = {
  readonly id: string;
  /** Orders conversations by their last activity. */
  readonly activityId: string;
  readonly createdAt: Date;
};

export type Participant = {
  readonly conversationId: string;
  /** Null once the person was erased. */
  readonly userId: string | null;
  readonly joinedAt: Date;
  readonly lastReadMessageId: string | null;
};

const maxParticipants = 32;

/** The others of a conversation that the viewer starts, each once, in the order of their ids. Throws BAD_USER_INPUT. */
export function otherPeople(viewerId: string, participantIds: readonly string[]): readonly string[] {
  const others = [...new Set(participantIds)].filter((id) => id !== viewerId).sort();
  const limit = maxParticipants - 1;
  if (others.length >= 1 && others.length <= limit) return others;
  throw new AppError('BAD_USER_INPUT', `A conversation has 1 to ${limit} others, not ${others.length}.`, {
    details: { field: 'participantIds', length: others.length, limit },
  });
}

/** Whom a message of the sender reaches whatever they think of each other: in a group nobody can silence another. */
export function isGroup(participants: readonly Participant[]): boolean {
  return participants.length > 2;
}

export function conversationNotFound(id: string): AppError {
  return new AppError('NOT_FOUND', 'The conversation does not exist.', { details: { id } });
}

/** Says the same whoever of the two blocks the other, and for who is no longer there. */
export function unreachable(): AppError {
  return new AppError('USER_UNREACHABLE', 'You cannot write to this person.');
}
