import { createHash } from 'node:crypto';
import { type Network, networkEnd } from './network.ts';
import { createRandom, type Random } from './random.ts';
import { between, type Follow, later } from './social.ts';
import { uuidV7 } from './uuid-v7.ts';

export type Message = {
  readonly id: string;
  readonly senderId: string;
  readonly payload: Buffer;
  readonly createdAt: Date;
};

export type Conversation = {
  readonly id: string;
  readonly isGroup: boolean;
  readonly createdAt: Date;
  readonly participants: readonly Participant[];
  /** Oldest first; at least one. */
  readonly messages: readonly Message[];
};

export type Participant = {
  readonly id: string;
  readonly userId: string;
  /** How many of the messages the person has read: those that the person sent, and all before them, at least. */
  readonly read: number;
};

const maxMessages = 60;
const minuteMs = 60_000;

/** People who follow each other write to each other; some who have several such friends write to them all at once. */
export function generateConversations({ people }: Network, follows: readonly Follow[]): Conversation[] {
  const random = createRandom(`conversations of ${people.length}`);
  const followed = new Map(follows.map((follow) => [`${follow.followerId} ${follow.followeeId}`, follow]));
  const friends = new Map<string, { friendId: string; since: Date }[]>();
  const pairs = follows.flatMap(({ followerId, followeeId, createdAt }) => {
    const back = followed.get(`${followeeId} ${followerId}`);
    if (!back) return [];
    const since = later(back.createdAt, createdAt);
    friends.set(followerId, [...(friends.get(followerId) ?? []), { friendId: followeeId, since }]);
    return followerId < followeeId ? [{ userIds: [followerId, followeeId], since, isGroup: false }] : [];
  });
  const groups = [...friends].flatMap(([userId, all]) => {
    if (all.length < 3 || !random.chance(0.3)) return [];
    const some = all.slice(0, 3 + random.below(4));
    const since = new Date(Math.max(...some.map((friend) => friend.since.getTime())));
    return { userIds: [userId, ...some.map(({ friendId }) => friendId)], since, isGroup: true };
  });
  return [...pairs, ...groups].map(({ userIds, since, isGroup }) => {
    const createdAt = between(since, random);
    const messages = messagesOf(userIds, createdAt, random);
    const participants = userIds.map((userId) => ({
      id: uuidV7(createdAt, random),
      userId,
      read: readBy(userId, messages, random),
    }));
    return { id: uuidV7(createdAt, random), isGroup, createdAt, participants, messages };
  });
}

function messagesOf(userIds: readonly string[], begin: Date, random: Random): Message[] {
  const wanted = Math.min(maxMessages, 1 + Math.floor(-Math.log(1 - random.next()) * 12));
  const messages: Message[] = [];
  let senderId = random.pick(userIds);
  for (let at = begin.getTime(); messages.length < wanted && at < networkEnd.getTime(); ) {
    const createdAt = new Date(at);
    const id = uuidV7(createdAt, random);
    messages.push({ id, senderId, createdAt, payload: ciphertext(id, random) });
    const pauseMs = random.chance(0.8) ? 3 * minuteMs : 30 * 60 * minuteMs;
    at += 2_000 + Math.floor(-Math.log(1 - random.next()) * pauseMs);
    if (random.chance(0.7)) senderId = random.pick(userIds.filter((userId) => userId !== senderId));
  }
  return messages;
}

/**
 * What the server sees of a message: bytes that tell nothing, as long as an encrypted text padded to blocks of 160. They stand for no text and
 * nobody has a key for them: the seeded people have no devices, so there are no prekeys to write to them with either.
 */
function ciphertext(id: string, random: Random): Buffer {
  const outputLength = 51 + 160 * (1 + random.below(3));
  return createHash('shake256', { outputLength }).update(id).digest();
}

function readBy(userId: string, messages: readonly Message[], random: Random): number {
  const sent = messages.findLastIndex(({ senderId }) => senderId === userId) + 1;
  return random.chance(0.6) ? messages.length : sent + random.below(messages.length - sent + 1);
}
