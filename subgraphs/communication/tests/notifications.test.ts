import { randomUUID } from 'node:crypto';
import { CommentAddedSchema, PostCreatedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import {
  PostLikedSchema,
  UserBlockedSchema,
  UserFollowedSchema,
  UserUnblockedSchema,
} from '@nova/proto/nova/social/v1/social_events_pb.js';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Person } from './_communication.ts';
import { type Notifications, startNotifications } from './_notifications.ts';

let it: Notifications;
let viewer: Person;
beforeAll(async () => {
  it = await startNotifications();
});
afterAll(() => it?.stop());
beforeEach(async () => {
  viewer = await it.person();
});

const follow = (followerId: string, followeeId = viewer.id) =>
  it.publish('social', UserFollowedSchema, { key: followerId, followerId, followeeId });
const like = (userId: string, postId: string, postAuthorId = viewer.id) =>
  it.publish('social', PostLikedSchema, { key: userId, userId, postId, postAuthorId });
const comment = (told: { authorId: string; postAuthorId: string; parentAuthorId?: string }) => {
  const [postId, commentId] = [randomUUID(), randomUUID()];
  const parent = {
    parentCommentId: told.parentAuthorId ? randomUUID() : '',
    parentAuthorId: told.parentAuthorId ?? '',
  };
  const event = { key: postId, postId, commentId, ...told, ...parent };
  return it.publish('content', CommentAddedSchema, event).then(() => commentId);
};
const unreadOf = async (person: Person) => (await it.told(person)).unread;
const unread = () => unreadOf(viewer);

test('a follow is told to who is followed, a mention to who is mentioned', async () => {
  const [follower, author, postId] = [randomUUID(), randomUUID(), randomUUID()];
  await follow(follower);
  await expect.poll(unread).toBe(1);
  await it.publish('content', PostCreatedSchema, {
    key: postId,
    postId,
    authorId: author,
    mentionedUserIds: [viewer.id, author],
  });
  await expect.poll(unread).toBe(2);
  expect((await it.told(viewer)).nodes).toMatchObject([
    { kind: 'MENTION', actor: { id: author }, post: { id: postId }, isRead: false },
    { kind: 'FOLLOW', actor: { id: follower }, actors: [{ id: follower }], post: null, count: 1 },
  ]);
});

test("a comment is told to the post's author, a reply to the author of what it answers, and once to who is both", async () => {
  const [writer, second] = [randomUUID(), await it.person()];
  const plain = await comment({ authorId: writer, postAuthorId: viewer.id });
  await expect.poll(unread).toBe(1);
  const reply = await comment({ authorId: writer, postAuthorId: viewer.id, parentAuthorId: second.id });
  await expect.poll(unread).toBe(2);
  const own = await comment({ authorId: writer, postAuthorId: viewer.id, parentAuthorId: viewer.id });
  await expect.poll(unread).toBe(3);
  expect((await it.told(viewer)).nodes).toMatchObject([
    { kind: 'REPLY', comment: { id: own } },
    { kind: 'COMMENT', comment: { id: reply } },
    { kind: 'COMMENT', comment: { id: plain }, actor: { id: writer } },
  ]);
  expect((await it.told(second)).nodes).toMatchObject([{ kind: 'REPLY', comment: { id: reply } }]);
});

test('a message is told to the others, and messages of one conversation are one notification until it is read', async () => {
  const [sender, third] = (await it.people(2)) as [Person, Person];
  const { id } = await it.start(sender, [viewer, third]);
  await it.say(sender, id);
  await it.say(third, id);
  await it.say(sender, id);
  const messages = async () => (await it.told(viewer)).nodes[0]?.count;
  await expect.poll(messages).toBe(3);
  const [notification] = (await it.told(viewer)).nodes;
  expect(notification).toMatchObject({ kind: 'MESSAGE', conversation: { id }, actor: { id: sender.id } });
  expect(notification.actors).toEqual([{ id: sender.id }, { id: third.id }]);
  await it.mark(viewer, [notification.id]);
  await it.say(sender, id);
  await expect.poll(async () => (await it.told(viewer)).nodes.length).toBe(2);
  await expect.poll(async () => (await it.told(sender)).nodes[0]?.count).toBe(1);
});

test('likes of one post at once are one notification, with how many there are and who the last ones were', async () => {
  const [postId, other] = [randomUUID(), randomUUID()];
  const people = Array.from({ length: 20 }, () => randomUUID());
  await Promise.all(people.map((person) => like(person, postId)));
  await expect.poll(async () => (await it.told(viewer)).nodes[0]?.count).toBe(20);
  const last = randomUUID();
  await like(last, postId);
  await expect.poll(async () => (await it.told(viewer)).nodes[0]?.count).toBe(21);
  await like(randomUUID(), other);
  await expect.poll(unread).toBe(2);
  const [newest, likes] = (await it.told(viewer)).nodes;
  expect(newest).toMatchObject({ post: { id: other }, count: 1 });
  expect(likes).toMatchObject({ kind: 'LIKE', post: { id: postId }, actor: { id: last } });
  expect(likes.actors).toHaveLength(3);
});

test('who likes again after taking it back counts once, and a like after it was read opens another', async () => {
  const [postId, fan] = [randomUUID(), randomUUID()];
  await like(fan, postId);
  await like(fan, postId);
  await it.handled(fan);
  const [first] = (await it.told(viewer)).nodes;
  expect(first).toMatchObject({ count: 1, isRead: false });
  await it.mark(viewer, [first.id]);
  await like(randomUUID(), postId);
  await expect.poll(unread).toBe(1);
  expect((await it.told(viewer, { unreadOnly: true })).nodes).toHaveLength(1);
  expect((await it.told(viewer)).nodes).toHaveLength(2);
});

test('nobody is told of what they did themselves', async () => {
  await like(viewer.id, randomUUID());
  await follow(viewer.id);
  await it.handled(viewer.id);
  await comment({ authorId: viewer.id, postAuthorId: viewer.id, parentAuthorId: viewer.id });
  const witness = await it.person();
  await comment({ authorId: viewer.id, postAuthorId: witness.id });
  await expect.poll(() => unreadOf(witness)).toBe(1);
  expect((await it.told(viewer)).nodes).toEqual([]);
});

test('a block takes back what the two were told of each other and keeps silent after it, until it is lifted', async () => {
  const [blocked, friend, postId] = [await it.person(), randomUUID(), randomUUID()];
  await like(blocked.id, postId);
  await like(friend, postId);
  await follow(blocked.id);
  await follow(viewer.id, blocked.id);
  await expect.poll(async () => [await unread(), await unreadOf(blocked)]).toEqual([2, 1]);
  const block = { key: viewer.id, blockerId: viewer.id, blockedId: blocked.id };
  await it.publish('social', UserBlockedSchema, block);
  await expect.poll(async () => [await unread(), await unreadOf(blocked)]).toEqual([1, 0]);
  expect((await it.told(viewer)).nodes).toMatchObject([{ kind: 'LIKE', count: 1, actors: [{ id: friend }] }]);
  await follow(blocked.id);
  await it.handled(blocked.id);
  await follow(viewer.id, blocked.id);
  await it.handled(viewer.id);
  expect([await unread(), await unreadOf(blocked)]).toEqual([1, 0]);
  await it.publish('social', UserUnblockedSchema, block);
  await it.handled(viewer.id);
  await follow(blocked.id);
  await expect.poll(unread).toBe(2);
});

test('who does not want a kind is not shown it, and hears of all others', async () => {
  await it.prefer(viewer, { kind: 'FOLLOW', inApp: false, push: false });
  const follower = randomUUID();
  await follow(follower);
  await it.handled(follower);
  expect(await unread()).toBe(0);
  await like(follower, randomUUID());
  await expect.poll(unread).toBe(1);
  const { data } = await it.send('{ viewerNotificationPreferences { kind inApp push } }', { as: viewer.as });
  expect(data.viewerNotificationPreferences).toHaveLength(7);
  expect(data.viewerNotificationPreferences).toContainEqual({ kind: 'FOLLOW', inApp: false, push: false });
  expect(data.viewerNotificationPreferences).toContainEqual({ kind: 'LIKE', inApp: true, push: false });
});

test('some notifications are marked read, or all, and never those of others', async () => {
  for (let at = 0; at < 3; at += 1) await follow(randomUUID());
  await expect.poll(unread).toBe(3);
  const [first] = (await it.told(viewer)).nodes;
  const other = await it.person();
  expect(await it.mark(other, [first.id])).toMatchObject({ notifications: [], unreadNotificationCount: 0 });
  expect(await it.mark(viewer, [first.id, randomUUID(), 'x'])).toMatchObject({
    notifications: [{ id: first.id, isRead: true }],
    unreadNotificationCount: 2,
  });
  expect((await it.told(viewer, { unreadOnly: true })).nodes).toHaveLength(2);
  expect(await it.mark(viewer)).toMatchObject({ notifications: [], unreadNotificationCount: 0 });
  const ids = Array.from({ length: 101 }, () => randomUUID());
  expect((await it.mark(viewer, ids)).code).toBe('BAD_USER_INPUT');
});

test('notifications come newest first, page by page, each once', async () => {
  const followers = Array.from({ length: 5 }, () => randomUUID());
  for (const [at, follower] of followers.entries()) {
    await follow(follower);
    await expect.poll(unread).toBe(at + 1);
  }
  const seen: string[] = [];
  for (let after: string | null = null; ; ) {
    const query = `query ($after: String) { viewerNotifications(first: 2, after: $after) {
      nodes { actor { id } } pageInfo { hasNextPage endCursor } } }`;
    const { data } = await it.send(query, { as: viewer.as, variables: { after } });
    const page = data.viewerNotifications;
    seen.push(...page.nodes.map(({ actor }: { actor: { id: string } }) => actor.id));
    if (!page.pageInfo.hasNextPage) break;
    after = page.pageInfo.endCursor;
  }
  expect(seen).toEqual(followers.reverse());
});
