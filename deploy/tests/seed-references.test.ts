import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentHash } from '@nova/communication/message-content';
import { createTestDatabase, type TestDatabase } from '@nova/testkit';
import pg from 'pg';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { demoLogin, seedDatabases } from '../dev/seed/index.ts';

let database: TestDatabase;
let admin: pg.Client;
let mediaDirectory: string;

beforeAll(async () => {
  database = await createTestDatabase();
  mediaDirectory = await mkdtemp(join(tmpdir(), 'nova-seeded-media-'));
  const { urlFor } = database;
  const urls = {
    identity: urlFor('identity'),
    user: urlFor('user'),
    content: urlFor('content'),
    media: urlFor('media'),
    communication: urlFor('communication'),
    search: urlFor('search'),
    social: urlFor('social'),
  };
  await seedDatabases({ urls, mediaDirectory, size: 60 });
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
});

afterAll(async () => {
  await admin?.end();
  await database?.drop();
  if (mediaDirectory) await rm(mediaDirectory, { recursive: true });
});

async function rows<T extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<T[]> {
  return (await admin.query<T>(text, [...values])).rows;
}

const none = async (text: string) => expect(await rows(text)).toEqual([]);

test('every domain that keeps something of people has rows', async () => {
  const filled = [
    'identity.accounts',
    '"user".profiles',
    'content.posts',
    'social.follows',
    'media.assets',
    'communication.conversations',
    'communication.messages',
    'communication.notifications',
    'search.user_documents',
  ];
  for (const table of filled) expect(await rows(`select from ${table} limit 20`), table).toHaveLength(20);
});

test('what a post shows exists, is ready and belongs to its author', async () => {
  expect(await rows('select from content.post_media limit 10')).toHaveLength(10);
  await none(`
    select shown.* from content.post_media shown join content.posts post on post.id = shown.post_id
    left join media.active_assets asset
      on asset.id = shown.media_id and asset.owner_id = post.author_id and asset.state = 'READY'
      and asset.admitted_at is not null and asset.created_at <= post.created_at
    where asset.id is null`);
});

test('an avatar is a ready picture of its person, and the demo person has one', async () => {
  expect((await rows('select from "user".profiles where avatar_id is not null')).length).toBeGreaterThan(2);
  expect(
    await rows('select from "user".profiles where avatar_id is not null and username = $1', [demoLogin.username]),
  ).toHaveLength(1);
  await none(`
    select profile.id from "user".profiles profile
    left join media.active_assets asset
      on asset.id = avatar_id and owner_id = profile.id and asset.kind = 'IMAGE' and asset.state = 'READY'
    where avatar_id is not null and asset.id is null`);
});

test('every upload is shown somewhere, and takes the room that its owner’s quota counts', async () => {
  await none(`
    select id from media.assets
    where id not in (select media_id from content.post_media union select avatar_id from "user".profiles where avatar_id is not null)`);
  const reserved = 'select owner_id as user_id, id as reservation_id, bytes::text from media.assets order by id';
  expect(
    await rows('select user_id, reservation_id, bytes::text from "user".quota_reservations order by reservation_id'),
  ).toEqual(await rows(reserved));
  expect(await rows('select user_id, used_bytes::text as bytes from "user".quotas order by user_id')).toEqual(
    await rows('select owner_id as user_id, sum(bytes)::text as bytes from media.assets group by 1 order by 1'),
  );
});

test('the objects of an asset are the picture that its row says, in every size that media shows', async () => {
  const assets = await rows<{ id: string; bytes: number; width: number; height: number; content_type: string }>(
    'select id, bytes, width, height, content_type from media.assets',
  );
  const motifs = new Set<string>();
  for (const { id, bytes, width, height, content_type } of assets) {
    const object = (name: string) => readFile(join(mediaDirectory, 'objects', id, name));
    const original = await object('original');
    motifs.add(original.toString('base64'));
    expect(original.length).toBe(bytes);
    const facts = await sharp(original).metadata();
    expect([`image/${facts.format}`, facts.width, facts.height]).toEqual([content_type, width, height]);
    for (const [name, side] of [
      ['thumb', 160],
      ['small', 640],
      ['large', 1_600],
    ] as const) {
      const variant = await sharp(await object(`${name}.webp`)).metadata();
      expect([variant.format, Math.max(variant.width, variant.height)]).toEqual([
        'webp',
        Math.min(side, Math.max(width, height)),
      ]);
    }
  }
  expect(motifs.size).toBeGreaterThan(4);
});

test('who writes to one another exists and follows one another; who sends takes part', async () => {
  await none(`
    select id from communication.participants
    where user_id is null or user_id not in (select id from identity.accounts) or user_id not in (select id from "user".profiles)`);
  await none(`
    select id from communication.conversations
    where low_user_id is not null and (
      not exists (select from social.follows where follower_id = low_user_id and followee_id = high_user_id)
      or not exists (select from social.follows where follower_id = high_user_id and followee_id = low_user_id))`);
  await none(`
    select conversation.id from communication.conversations conversation
    join communication.participants on conversation_id = conversation.id
    group by conversation.id having count(*) < 2 or (low_user_id is null) <> (count(*) > 2)`);
  await none(`
    select id from communication.messages message where not exists (
      select from communication.participants
      where conversation_id = message.conversation_id and user_id = sender_id and joined_at <= message.created_at)`);
});

test('a conversation’s last activity is its last message, and everybody has read what they sent', async () => {
  await none(`
    select id from communication.conversations conversation
    where activity_id is distinct from (
      select id from communication.messages where conversation_id = conversation.id order by id desc limit 1)`);
  await none(`
    select id from communication.participants participant
    where last_read_message_id is not null and not exists (
      select from communication.messages
      where id = last_read_message_id and conversation_id = participant.conversation_id)`);
  await none(`
    select participant.id from communication.participants participant join communication.messages message
      on message.conversation_id = participant.conversation_id and sender_id = user_id
    where last_read_message_id is null or message.id > last_read_message_id`);
  const read = await rows<{ some: number }>(
    'select count(*)::int as some from communication.participants group by last_read_message_id is null',
  );
  expect(read).toHaveLength(2);
});

test('messages are opaque, each other bytes, and known by their hash', async () => {
  const messages = await rows<{ payload: Buffer; content_hash: Buffer }>(
    'select payload, content_hash from communication.messages',
  );
  expect(new Set(messages.map(({ payload }) => payload.toString('base64'))).size).toBe(messages.length);
  for (const { payload, content_hash } of messages) {
    expect(payload.length).toBeGreaterThan(200);
    expect(content_hash).toEqual(contentHash({ kind: 'payload', payload }));
  }
});

test('what people were told of is what happened', async () => {
  expect(await rows('select distinct kind from communication.notifications order by kind')).toEqual(
    ['COMMENT', 'FOLLOW', 'LIKE', 'MESSAGE'].map((kind) => ({ kind })),
  );
  await none(`
    select notification.id, actor_id from communication.notifications notification
    left join communication.notification_actors actor on notification_id = notification.id
    where actor_id is null or actor_id = user_id or actor_id not in (select id from identity.accounts)
      or not case kind
        when 'FOLLOW' then exists (
          select from social.follows where id = actor.activity_id and follower_id = actor_id and followee_id = user_id)
        when 'LIKE' then exists (
          select from social.likes join content.posts post on post.id = likes.post_id
          where likes.id = actor.activity_id and likes.user_id = actor_id and post.id = notification.post_id
            and author_id = notification.user_id)
        when 'COMMENT' then exists (
          select from content.comments comment join content.posts post on post.id = comment.post_id
          where comment.id = notification.comment_id and post.id = notification.post_id and comment.author_id = actor_id
            and post.author_id = notification.user_id)
        when 'MESSAGE' then exists (
          select from communication.messages message join communication.participants participant using (conversation_id)
          where message.id = actor.activity_id and sender_id = actor_id and participant.user_id = notification.user_id
            and conversation_id = notification.conversation_id
            and message.id > coalesce(last_read_message_id, '00000000-0000-0000-0000-000000000000'))
      end`);
  await none(`
    select id from communication.notifications notification
    where activity_id <> (
      select max(activity_id::text)::uuid from communication.notification_actors where notification_id = notification.id)`);
});

test('likes and unread messages are counted as they are', async () => {
  await none(`
    select notification.id from communication.notifications notification
    where occurrences <> case kind
      when 'LIKE' then (select count(*) from social.likes
        where post_id = notification.post_id and user_id <> notification.user_id)
      when 'MESSAGE' then (select count(*) from communication.messages message
        join communication.participants participant using (conversation_id)
        where conversation_id = notification.conversation_id and participant.user_id = notification.user_id
          and message.id > coalesce(last_read_message_id, '00000000-0000-0000-0000-000000000000'))
      else 1 end`);
  const read = await rows('select distinct read_at is null as unread from communication.notifications order by 1');
  expect(read).toEqual([{ unread: false }, { unread: true }]);
});
