import { randomUUID } from 'node:crypto';
import { CommentAddedSchema, CommentDeletedSchema } from '@nova/proto/nova/content/v1/content_events_pb.js';
import {
  PostLikedSchema,
  UserFollowedSchema,
  UserUnfollowedSchema,
} from '@nova/proto/nova/social/v1/social_events_pb.js';
import { createLogger, createMetrics } from '@nova/runtime';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { readEnv, toConfig } from '../src/config.ts';
import { createFcmAdapter } from '../src/push/fcm-adapter.ts';
import { startPushWorker } from '../src/push/push-worker.ts';
import type { Person } from './_communication.ts';
import { type Notifications, startNotifications } from './_notifications.ts';
import { startPushServices } from './_push-services.ts';

let it: Notifications;
let services: Awaited<ReturnType<typeof startPushServices>>;
let viewer: Person;
beforeAll(async () => {
  services = await startPushServices();
  it = await startNotifications(services.env);
});
afterAll(async () => {
  await it?.stop();
  await services?.stop();
});
beforeEach(async () => {
  viewer = await it.person();
});

type Platform = 'FCM' | 'APNS';

async function register(platform: Platform, token: string = randomUUID(), person = viewer) {
  const query = `mutation ($input: RegisterPushDeviceInput!) { registerPushDevice(input: $input) { device { id platform } } }`;
  const { data, errors } = await it.send(query, { as: person.as, variables: { input: { platform, token } } });
  return { token, id: data?.registerPushDevice.device.id as string, code: errors[0]?.extensions.code };
}

const follow = () => {
  const followerId = randomUUID();
  return it.publish('social', UserFollowedSchema, { key: followerId, followerId, followeeId: viewer.id });
};
const sentTo = (token: string) =>
  [...services.fcm.received, ...services.apns.received].filter((sent) => sent.token === token);
const devices = async (person = viewer) =>
  (await it.db.selectFrom('push_devices').select('token').where('user_id', '=', person.id).execute()).map(
    (row) => row.token,
  );
const waiting = async (token: string) =>
  it.db
    .selectFrom('push_jobs')
    .innerJoin('push_devices', 'push_devices.id', 'push_jobs.device_id')
    .select('push_jobs.attempts')
    .where('token', '=', token)
    .execute();

test('each device of a user is sent the kind and the ids, and nothing else', async () => {
  const [android, iphone] = [await register('FCM'), await register('APNS')];
  const sender = await it.person();
  const { id } = await it.start(sender, [viewer]);
  await it.say(sender, id);
  await expect.poll(() => [sentTo(android.token).length, sentTo(iphone.token).length]).toEqual([1, 1]);
  const [notification] = (await it.told(viewer)).nodes;
  const ids = { kind: 'MESSAGE', notificationId: notification.id, conversationId: id };
  const android1 = { priority: 'high', collapse_key: notification.id };
  expect(sentTo(android.token)[0]?.body).toEqual({ token: android.token, data: ids, android: android1 });
  const aps = { alert: { 'loc-key': 'NOTIFICATION_MESSAGE' }, 'mutable-content': 1 };
  expect(sentTo(iphone.token)[0]).toMatchObject({
    body: { aps, ...ids },
    headers: { 'apns-topic': 'test.nova.app', 'apns-push-type': 'alert', 'apns-collapse-id': notification.id },
  });
  expect(Object.keys(sentTo(iphone.token)[0]?.body ?? {}).sort()).toEqual(['aps', ...Object.keys(ids)].sort());
  await expect.poll(() => waiting(android.token)).toEqual([]);
});

test('many pushes share one access token, and one connection to APNs', async () => {
  const iphone = await register('APNS');
  const [before, connections] = [services.fcm.tokens(), services.apns.connections()];
  const { token } = await register('FCM');
  await Promise.all(Array.from({ length: 20 }, follow));
  await expect.poll(() => [sentTo(token).length, sentTo(iphone.token).length]).toEqual([20, 20]);
  expect(services.fcm.tokens() - before).toBeLessThanOrEqual(1);
  expect(services.apns.connections() - connections).toBeLessThanOrEqual(1);
});

test.each<Platform>(['FCM', 'APNS'])('%s that has no time is asked again, not before it said', async (platform) => {
  const { token } = await register(platform);
  const service = platform === 'FCM' ? services.fcm : services.apns;
  service.say(token, { status: 503, retryAfter: '3' }, { status: 429 });
  await follow();
  await expect.poll(() => sentTo(token).length).toBe(3);
  const [first, second] = sentTo(token) as unknown as [{ atMs: number }, { atMs: number }];
  expect(second.atMs - first.atMs).toBeGreaterThanOrEqual(2_950);
  await expect.poll(() => waiting(token)).toEqual([]);
});

test.each<Platform>(['FCM', 'APNS'])(
  'a connection to %s that ends without an answer is made again',
  async (platform) => {
    const { token } = await register(platform);
    const service = platform === 'FCM' ? services.fcm : services.apns;
    service.say(token, 'disconnect');
    await follow();
    await expect.poll(() => sentTo(token).length).toBe(2);
    await expect.poll(() => waiting(token)).toEqual([]);
  },
);

test('a service that never answers holds up nobody else, and is asked again', async () => {
  const [silent, other] = [await register('APNS'), await register('FCM')];
  services.apns.say(silent.token, 'silence');
  await follow();
  await expect.poll(() => sentTo(other.token).length).toBe(1);
  await expect.poll(() => sentTo(silent.token).length).toBe(2);
  await expect.poll(() => waiting(silent.token)).toEqual([]);
});

test.each<[Platform, object]>([
  ['FCM', { status: 404, body: { error: { details: [{ errorCode: 'UNREGISTERED' }] } } }],
  ['APNS', { status: 410, body: { reason: 'Unregistered' } }],
  ['APNS', { status: 400, body: { reason: 'BadDeviceToken' } }],
])('a token that %s says is gone is forgotten, and no other', async (platform, answer) => {
  const [gone, kept] = [await register(platform), await register('FCM')];
  (platform === 'FCM' ? services.fcm : services.apns).say(gone.token, answer as { status: number });
  await follow();
  await expect.poll(() => devices()).toEqual([kept.token]);
});

test('what a service refuses for good is dropped, and the device kept', async () => {
  const { token } = await register('FCM');
  services.fcm.say(token, { status: 400, body: { error: { details: [{ errorCode: 'INVALID_ARGUMENT' }] } } });
  await follow();
  await expect.poll(() => sentTo(token).length).toBe(1);
  await expect.poll(() => waiting(token)).toEqual([]);
  expect(await devices()).toEqual([token]);
});

test('several workers send each push once, and what a dead one left behind is sent when its lease is over', async () => {
  const { token, id } = await register('FCM');
  const { url, account } = services.fcm;
  const log = createLogger({ service: 'test', level: 'silent' });
  const workers = [1, 2, 3].map(() =>
    startPushWorker({ db: it.db, adapters: [createFcmAdapter({ account, url })], log, metrics: createMetrics('test') }),
  );
  onTestFinished(async () => {
    for (const worker of workers) await worker.stop();
  });
  const jobs = Array.from({ length: 120 }, () => ({
    device_id: id,
    kind: 'FOLLOW',
    notification_id: randomUUID(),
    post_id: null,
    comment_id: null,
    conversation_id: null,
  }));
  const held = new Date(Date.now() + 60 * 60_000);
  const over = new Date(Date.now() - 1_000);
  await it.db
    .insertInto('push_jobs')
    .values(jobs.map((job, at) => (at < 2 ? { ...job, attempts: 1, due_at: at === 0 ? held : over } : job)))
    .execute();
  await expect.poll(() => waiting(token)).toEqual([{ attempts: 1 }]);
  const sent = sentTo(token).map(({ body }) => (body.data as { notificationId: string }).notificationId);
  expect(sent.toSorted()).toEqual(
    jobs
      .slice(1)
      .map((job) => job.notification_id)
      .toSorted(),
  );
});

test('what is taken back before it was sent is not sent, and the rest is', async () => {
  const { token } = await register('FCM');
  const later = { status: 503, retryAfter: '3600' };
  services.fcm.say(token, later, later, later);
  const [followerId, fan, postId, commentId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const said = { key: postId, postId, commentId, authorId: fan };
  await it.publish('social', UserFollowedSchema, { key: followerId, followerId, followeeId: viewer.id });
  await it.publish('social', UserFollowedSchema, { key: fan, followerId: fan, followeeId: viewer.id });
  await it.publish('content', CommentAddedSchema, { ...said, postAuthorId: viewer.id });
  const tried = [{ attempts: 1 }, { attempts: 1 }, { attempts: 1 }];
  await expect.poll(() => waiting(token)).toEqual(tried);
  await it.publish('content', CommentDeletedSchema, { ...said, deletedBy: fan });
  await expect.poll(() => waiting(token)).toEqual(tried.slice(1));
  await it.publish('social', UserUnfollowedSchema, { key: followerId, followerId, followeeId: viewer.id });
  await expect.poll(() => waiting(token)).toEqual(tried.slice(2));
  const kept = await it.db
    .selectFrom('push_jobs')
    .innerJoin('notifications', 'notifications.id', 'notification_id')
    .innerJoin('notification_actors', 'notification_actors.notification_id', 'notifications.id')
    .select(['notifications.kind', 'actor_id'])
    .where('user_id', '=', viewer.id)
    .execute();
  expect(kept).toEqual([{ kind: 'FOLLOW', actor_id: fan }]);
});

test('a user has the 10 devices registered last, a token one user, and another kind of push is a choice', async () => {
  const tokens = [];
  for (let at = 0; at < 11; at += 1) tokens.push((await register('FCM')).token);
  expect((await devices()).toSorted()).toEqual(tokens.slice(1).toSorted());
  const [other, last] = [await it.person(), tokens[10] as string];
  await register('FCM', last, other);
  expect([await devices(other), (await devices()).includes(last)]).toEqual([[last], false]);
  expect((await register('FCM', 'no token')).code).toBe('BAD_USER_INPUT');
  const { id, token } = await register('APNS');
  const drop =
    'mutation ($input: UnregisterPushDeviceInput!) { unregisterPushDevice(input: $input) { unregisteredDeviceId } }';
  const dropped = (as: Person) => it.send(drop, { as: as.as, variables: { input: { id } } });
  expect((await dropped(other)).errors[0]?.extensions.code).toBe('NOT_FOUND');
  expect((await dropped(viewer)).data.unregisterPushDevice).toEqual({ unregisteredDeviceId: id });
  expect(await devices()).not.toContain(token);
});

test('likes do not ring unless they are asked to, and what is hidden in the app may ring', async () => {
  const { token } = await register('FCM');
  const like = () => {
    const userId = randomUUID();
    return it.publish('social', PostLikedSchema, {
      key: userId,
      userId,
      postId: randomUUID(),
      postAuthorId: viewer.id,
    });
  };
  await like();
  await expect.poll(async () => (await it.told(viewer)).unread).toBe(1);
  await it.prefer(viewer, { kind: 'LIKE', inApp: false, push: true });
  await like();
  await expect.poll(() => sentTo(token).length).toBe(1);
  expect((await it.told(viewer)).unread).toBe(1);
});

test('without credentials nothing is sent and nothing waits', async () => {
  const off = await startNotifications();
  onTestFinished(() => off.stop());
  const person = await off.person();
  await off.send(`mutation { registerPushDevice(input: { platform: FCM, token: "abc" }) { device { id } } }`, {
    as: person.as,
  });
  await off.publish('social', UserFollowedSchema, { key: viewer.id, followerId: viewer.id, followeeId: person.id });
  await expect.poll(async () => (await off.told(person)).unread).toBe(1);
  expect(await off.db.selectFrom('push_jobs').selectAll().execute()).toEqual([]);
});

test('credentials that cannot be used, or would travel in plain text, keep the process from starting', () => {
  const base = {
    DATABASE_URL: 'postgres://localhost/nova',
    IDENTITY_PUBLIC_KEY_FILE: services.file('key.pem', {}),
    SERVICE_KEY_FILE: services.file('service.pem', {}),
  };
  const start = (env: Record<string, string>) => () => toConfig(readEnv({ ...base, ...env }));
  expect(start({ PUSH_FCM_CREDENTIALS_FILE: services.file('bad.json', { project_id: 'x' }) })).toThrow('client_email');
  expect(start({ PUSH_APNS_CREDENTIALS_FILE: '/nowhere.json' })).toThrow('cannot be read');
  expect(start({ APP_ENV: 'production', ...services.env })).toThrow('https');
});
