import { randomUUID } from 'node:crypto';
import {
  CommentAddedSchema,
  CommentDeletedSchema,
  PostCreatedSchema,
  PostDeletedSchema,
} from '@nova/proto/nova/content/v1/content_events_pb.js';
import {
  PostLikedSchema,
  PostUnlikedSchema,
  UserFollowedSchema,
  UserUnfollowedSchema,
} from '@nova/proto/nova/social/v1/social_events_pb.js';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { erasedAmong } from '../src/erasures/erasure-commands.ts';
import { createNotifier } from '../src/notifications/notifier.ts';
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

const like = (userId: string, postId: string, schema: typeof PostLikedSchema | typeof PostUnlikedSchema) =>
  it.publish('social', schema, { key: userId, userId, postId, postAuthorId: viewer.id });
const follow = (followerId: string, schema: typeof UserFollowedSchema | typeof UserUnfollowedSchema) =>
  it.publish('social', schema, { key: followerId, followerId, followeeId: viewer.id });
const comment = async (postId: string, parentAuthorId = '') => {
  const [commentId, authorId] = [randomUUID(), randomUUID()];
  const about = { commentId, postId, authorId, postAuthorId: viewer.id };
  await it.publish('content', CommentAddedSchema, { key: postId, ...about, parentAuthorId });
  return { key: postId, commentId, postId, authorId, deletedBy: authorId };
};
const nodes = async () => (await it.told(viewer)).nodes;
/** How many likes of each post are counted, and how many people are named. */
const likes = async () =>
  Object.fromEntries(
    (await nodes()).map(({ post, count, actors }: { post: { id: string }; count: number; actors: unknown[] }) => [
      post.id,
      [count, actors.length],
    ]),
  );
const isBlocking = async (pid: number | undefined) => {
  const { rows } = await sql`select from pg_stat_activity where ${pid}::int = any(pg_blocking_pids(pid))`.execute(
    it.db,
  );
  return rows.length > 0;
};
const kinds = async () => (await nodes()).map(({ kind }: { kind: string }) => kind).sort();

test('a like that is taken back is no longer told, and those of others stay, each counted', async () => {
  const [postId, other, fickle, friend] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  for (const userId of [fickle, friend]) await like(userId, postId, PostLikedSchema);
  await like(fickle, other, PostLikedSchema);
  await expect.poll(likes).toEqual({ [postId]: [2, 2], [other]: [1, 1] });
  await like(fickle, postId, PostUnlikedSchema);
  await it.handled(fickle);
  expect(await likes()).toEqual({ [postId]: [1, 1], [other]: [1, 1] });
  await like(fickle, postId, PostUnlikedSchema);
  await like(fickle, other, PostUnlikedSchema);
  await it.handled(fickle);
  expect(await nodes()).toMatchObject([{ post: { id: postId }, count: 1, actors: [{ id: friend }] }]);
  await like(friend, postId, PostUnlikedSchema);
  await expect.poll(nodes).toEqual([]);
  await like(friend, postId, PostLikedSchema);
  await expect.poll(nodes).toMatchObject([{ count: 1, actors: [{ id: friend }] }]);
});

test('a like that was read is taken back, too', async () => {
  const [postId, fickle] = [randomUUID(), randomUUID()];
  await like(fickle, postId, PostLikedSchema);
  await expect.poll(kinds).toEqual(['LIKE']);
  await it.mark(viewer);
  await like(fickle, postId, PostUnlikedSchema);
  await expect.poll(nodes).toEqual([]);
});

test('who follows no longer is no longer told of as a follower, and as nothing else', async () => {
  const [gone, follower, postId] = [randomUUID(), randomUUID(), randomUUID()];
  await follow(gone, UserFollowedSchema);
  await follow(follower, UserFollowedSchema);
  await like(gone, postId, PostLikedSchema);
  await expect.poll(kinds).toEqual(['FOLLOW', 'FOLLOW', 'LIKE']);
  await follow(gone, UserUnfollowedSchema);
  await follow(gone, UserUnfollowedSchema);
  await it.handled(gone);
  expect((await nodes()).map(({ kind, actor }: { kind: string; actor: { id: string } }) => [kind, actor.id])).toEqual(
    expect.arrayContaining([
      ['FOLLOW', follower],
      ['LIKE', gone],
    ]),
  );
  expect(await kinds()).toEqual(['FOLLOW', 'LIKE']);
});

test('a comment that is deleted is no longer told to anybody, and others under the post are', async () => {
  const [postId, replied] = [randomUUID(), await it.person()];
  const gone = await comment(postId, replied.id);
  await comment(postId);
  await expect.poll(kinds).toEqual(['COMMENT', 'COMMENT']);
  await it.publish('content', CommentDeletedSchema, gone);
  await it.publish('content', CommentDeletedSchema, gone);
  await expect.poll(kinds).toEqual(['COMMENT']);
  expect(await nodes()).toMatchObject([{ post: { id: postId } }]);
  expect((await it.told(replied)).nodes).toEqual([]);
});

test('with a post goes what was told of it and of what was said under it, and nothing else', async () => {
  const [postId, other, authorId] = [randomUUID(), randomUUID(), randomUUID()];
  await like(randomUUID(), postId, PostLikedSchema);
  await like(randomUUID(), other, PostLikedSchema);
  await comment(postId);
  const mentioned = { authorId, mentionedUserIds: [viewer.id] };
  await it.publish('content', PostCreatedSchema, { key: postId, postId, ...mentioned });
  await it.publish('content', PostCreatedSchema, { key: other, postId: other, ...mentioned });
  await expect.poll(kinds).toEqual(['COMMENT', 'LIKE', 'LIKE', 'MENTION', 'MENTION']);
  await it.publish('content', PostDeletedSchema, { key: postId, postId, authorId, deletedBy: authorId });
  await expect.poll(kinds).toEqual(['LIKE', 'MENTION']);
  for (const { post } of await nodes()) expect(post).toEqual({ id: other });
});

test('what comes after a post or comment was deleted is not told of it, and of others it is', async () => {
  const [postId, other, fan] = [randomUUID(), randomUUID(), randomUUID()];
  const gone = await comment(other);
  await like(randomUUID(), postId, PostLikedSchema);
  await expect.poll(kinds).toEqual(['COMMENT', 'LIKE']);
  await it.publish('content', CommentDeletedSchema, gone);
  await it.publish('content', PostDeletedSchema, { key: postId, postId, authorId: fan, deletedBy: fan });
  await expect.poll(kinds).toEqual([]);
  await like(fan, postId, PostLikedSchema);
  await it.publish('content', CommentAddedSchema, { ...gone, postAuthorId: viewer.id });
  await it.publish('content', CommentAddedSchema, { ...gone, commentId: randomUUID(), postAuthorId: viewer.id });
  await it.handled(fan);
  await expect.poll(kinds).toEqual(['COMMENT']);
  expect(await nodes()).toMatchObject([{ post: { id: other } }]);
});

test('what is being told of a post while that is deleted is taken back, too', async () => {
  const [postId, fan] = [randomUUID(), randomUUID()];
  const notifier = createNotifier({ erasedAmong, enqueuePushes: async () => undefined });
  const isDrained = () =>
    it.db
      .selectFrom('deleted_subjects')
      .select('subject_id')
      .where('subject_id', '=', postId)
      .where('drained_at', 'is not', null)
      .execute()
      .then((rows) => rows.length === 1);
  await it.db.transaction().execute(async (tx) => {
    await notifier(tx, { kind: 'LIKE', userIds: [viewer.id], actorId: fan, about: { postId } });
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    await it.publish('content', PostDeletedSchema, { key: postId, postId, authorId: fan, deletedBy: fan });
    // Waits for this transaction; or does not, and is done without what this one adds.
    await expect.poll(async () => (await isBlocking(rows[0]?.pid)) || (await isDrained())).toBe(true);
  });
  await expect.poll(isDrained).toBe(true);
  expect(await nodes()).toEqual([]);
});
