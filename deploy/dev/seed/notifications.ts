import type { Conversation } from './conversations.ts';
import { type Network, networkEnd } from './network.ts';
import { createRandom } from './random.ts';
import type { Follow, Like } from './social.ts';
import { uuidV7 } from './uuid-v7.ts';

export type Notification = {
  readonly id: string;
  readonly userId: string;
  readonly kind: 'FOLLOW' | 'LIKE' | 'COMMENT' | 'MESSAGE';
  readonly about: { readonly postId?: string; readonly commentId?: string; readonly conversationId?: string };
  /** Likes or messages that it stands for. */
  readonly occurrences: number;
  /** Of the last thing that it stands for. */
  readonly activityId: string;
  readonly actors: readonly { readonly actorId: string; readonly activityId: string }[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly readAt: Date | null;
};

/** Something that happened to somebody; its id is a uuidv7 of its time. */
type Cause = { readonly id: string; readonly actorId: string; readonly createdAt: Date };
type Told = Pick<Notification, 'userId' | 'kind' | 'about'> & { readonly causes: readonly Cause[] };

/** Newest ones that everybody has; there would be as many as likes, comments and follows. */
const keptEach = 10;
const mostUnread = 5;

/** What everybody was told of lately, as the events of these would have it: one for all likes of a post, one for all unread messages of a conversation. */
export function generateNotifications(
  network: Network,
  {
    follows,
    likes,
    conversations,
  }: { follows: readonly Follow[]; likes: readonly Like[]; conversations: readonly Conversation[] },
): Notification[] {
  const random = createRandom(`notifications of ${network.people.length}`);
  const told = [...toldOfPosts(network, likes), ...toldOfFollows(follows), ...conversations.flatMap(toldOfMessages)];
  return [...Map.groupBy(told, ({ userId }) => userId).values()].flatMap((all) => {
    const unread = random.below(mostUnread + 1);
    return all
      .map((each) => ({ ...each, activityId: each.causes.at(-1)?.id as string }))
      .sort((a, b) => (a.activityId < b.activityId ? 1 : -1))
      .slice(0, keptEach)
      .map(({ causes, ...each }, index) => {
        const [createdAt, updatedAt] = [causes[0]?.createdAt as Date, causes.at(-1)?.createdAt as Date];
        const last = new Map(causes.map(({ actorId, id }) => [actorId, id]));
        const actors = [...last].map(([actorId, activityId]) => ({ actorId, activityId }));
        const readAt = index < unread ? null : networkEnd;
        const id = uuidV7(createdAt, random);
        return { ...each, id, occurrences: causes.length, actors, createdAt, updatedAt, readAt };
      });
  });
}

/** Nobody is told of what they did themselves. */
function toldOfPosts({ posts, comments }: Network, likes: readonly Like[]): Told[] {
  const authorOf = new Map(posts.map(({ id, authorId }) => [id, authorId]));
  const others = likes.filter(({ postId, userId }) => authorOf.get(postId) !== userId);
  const ofLikes = [...Map.groupBy(others, ({ postId }) => postId)].map(
    ([postId, liked]): Told => ({
      userId: authorOf.get(postId) as string,
      kind: 'LIKE',
      about: { postId },
      causes: liked.map(({ id, userId: actorId, createdAt }) => ({ id, actorId, createdAt })),
    }),
  );
  const ofComments = comments
    .filter(({ postId, authorId }) => authorOf.get(postId) !== authorId)
    .map(
      ({ id, postId, authorId: actorId, createdAt }): Told => ({
        userId: authorOf.get(postId) as string,
        kind: 'COMMENT',
        about: { commentId: id, postId },
        causes: [{ id, actorId, createdAt }],
      }),
    );
  return [...ofLikes, ...ofComments];
}

function toldOfFollows(follows: readonly Follow[]): Told[] {
  return follows.map(({ id, followerId: actorId, followeeId: userId, createdAt }) => ({
    userId,
    kind: 'FOLLOW',
    about: {},
    causes: [{ id, actorId, createdAt }],
  }));
}

function toldOfMessages({ id: conversationId, participants, messages }: Conversation): Told[] {
  return participants.flatMap(({ userId, read }): Told[] => {
    const causes = messages.slice(read).map(({ id, senderId: actorId, createdAt }) => ({ id, actorId, createdAt }));
    return causes.length > 0 ? [{ userId, kind: 'MESSAGE', about: { conversationId }, causes }] : [];
  });
}
