import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verify } from '@node-rs/argon2';
import { createTestDatabase, type TestDatabase } from '@nova/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  demoLogin,
  demoModerator,
  generateConversations,
  generateFollows,
  generateLikes,
  generateMedia,
  generateNetwork,
  generateNotifications,
  type SeedProgress,
  sampleQuery,
  seedDatabases,
} from '../dev/seed/index.ts';

const size = 60;
let database: TestDatabase;
let admin: pg.Client;
let mediaDirectory: string;
const progress: SeedProgress[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  mediaDirectory = await mkdtemp(join(tmpdir(), 'nova-seeded-media-'));
  await seed((step) => progress.push(step));
});

afterAll(async () => {
  await admin?.end();
  await database?.drop();
  if (mediaDirectory) await rm(mediaDirectory, { recursive: true });
});

function seed(onProgress?: (step: SeedProgress) => void): Promise<void> {
  const urls = {
    identity: database.urlFor('identity'),
    user: database.urlFor('user'),
    content: database.urlFor('content'),
    search: database.urlFor('search'),
    social: database.urlFor('social'),
    media: database.urlFor('media'),
    communication: database.urlFor('communication'),
  };
  return seedDatabases({ urls, mediaDirectory, size, onProgress });
}

async function rows<T extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<T[]> {
  return (await admin.query<T>(text, [...values])).rows;
}

const tables = [
  'identity.accounts',
  'user.profiles',
  'content.posts',
  'content.comments',
  'social.follows',
  'social.likes',
  'media.assets',
  'communication.conversations',
  'communication.participants',
  'communication.messages',
  'communication.notifications',
].map((table) =>
  table
    .split('.')
    .map((part) => `"${part}"`)
    .join('.'),
);

async function digest(): Promise<unknown[]> {
  const found = [];
  for (const table of tables) {
    found.push(await rows(`select count(*), md5(string_agg(t::text, '|' order by id)) from ${table} t`));
  }
  found.push(await rows('select * from "user".post_counts order by user_id'));
  found.push(await rows('select * from "user".follow_counts order by user_id'));
  found.push(await rows('select * from "user".quotas order by user_id'));
  found.push(await rows('select * from "user".quota_reservations order by reservation_id'));
  found.push(await rows('select * from content.post_media order by post_id, position'));
  found.push(await rows('select * from communication.notification_actors order by notification_id, actor_id'));
  found.push(await rows('select * from search.user_documents order by id'));
  found.push(await rows('select * from search.post_documents order by id'));
  found.push(await rows('select * from social.members order by user_id'));
  found.push(await rows('select * from social.timeline_entries order by owner_id, post_id'));
  return found;
}

test('what is written is the generated network', async () => {
  const network = generateNetwork(size);
  const profiles = await rows(
    'select id, username, display_name, bio, location, joined_at from "user".profiles order by joined_at, id',
  );
  const joined = network.people.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  expect(profiles).toEqual(
    joined.map((person) => ({
      id: person.id,
      username: person.username,
      display_name: person.displayName,
      bio: person.bio,
      location: person.location,
      joined_at: person.joinedAt,
    })),
  );
  expect(await rows('select id, body, created_at from content.posts order by id')).toEqual(
    network.posts.map(({ id, body, createdAt }) => ({ id, body, created_at: createdAt })),
  );
  expect(await rows('select id, post_id, author_id, body from content.comments order by id')).toEqual(
    network.comments.map(({ id, postId, authorId, body }) => ({ id, post_id: postId, author_id: authorId, body })),
  );
});

test('the counted posts of each author are those in the table', async () => {
  const counted = await rows('select user_id, posts from "user".post_counts order by user_id');
  expect(counted.length).toBeGreaterThan(10);
  expect(counted).toEqual(
    await rows('select author_id as user_id, count(*)::int as posts from content.posts group by 1 order by 1'),
  );
});

test('the counted follows of each profile are those in the table', async () => {
  const counted = await rows('select user_id, followers, following from "user".follow_counts order by user_id');
  expect(counted.length).toBeGreaterThan(10);
  expect(counted).toEqual(await rows('select user_id, followers, following from social.members order by user_id'));
});

test('follows and likes are counted as they are, and everybody’s timeline has the posts of those they follow', async () => {
  const network = generateNetwork(size);
  const follows = generateFollows(network);
  const likes = generateLikes(network);
  expect(follows.filter(({ followerId }) => followerId === network.people[0]?.id).length).toBeGreaterThan(20);
  const counted = await rows(
    'select sum(followers)::int as followers, sum(following)::int as following from social.members',
  );
  expect(counted).toEqual([{ followers: follows.length, following: follows.length }]);
  expect(await rows('select sum(likes)::int as likes from social.post_likes')).toEqual([{ likes: likes.length }]);
  const postsOf = Map.groupBy(network.posts, ({ authorId }) => authorId);
  const expected = follows.flatMap(({ followerId, followeeId }) =>
    (postsOf.get(followeeId) ?? []).map(({ id }) => `${followerId} ${id}`),
  );
  const entries = await rows("select owner_id || ' ' || post_id as entry from social.timeline_entries");
  expect(entries.map(({ entry }) => entry).toSorted()).toEqual(expected.toSorted());
});

test('progress ends at the whole of every table', () => {
  const network = generateNetwork(size);
  const countedAuthors = [...new Set(network.posts.map(({ authorId }) => authorId))];
  const [follows, likes] = [generateFollows(network).length, generateLikes(network).length];
  const followEnds = new Set(generateFollows(network).flatMap(({ followerId, followeeId }) => [followerId, followeeId]))
    .size;
  const { uploads, postMedia } = generateMedia(network);
  const conversations = generateConversations(network, generateFollows(network));
  const told = generateNotifications(network, {
    follows: generateFollows(network),
    likes: generateLikes(network),
    conversations,
  });
  const all = (total: number) => ({ done: total, total });
  const last = new Map(progress.map(({ table, done, total }) => [table, { done, total }]));
  expect(Object.fromEntries(last)).toEqual({
    accounts: { done: 61, total: 61 },
    profiles: { done: 60, total: 60 },
    'post counts': { done: countedAuthors.length, total: countedAuthors.length },
    'follow counts': { done: followEnds, total: followEnds },
    posts: { done: 600, total: 600 },
    comments: { done: 2_400, total: 2_400 },
    'people to be found': { done: 60, total: 60 },
    'posts to be found': { done: 600, total: 600 },
    follows: { done: follows, total: follows },
    likes: { done: likes, total: likes },
    pictures: all(uploads.length),
    'pictures of posts': all(postMedia.length),
    storage: all(new Set(uploads.map(({ ownerId }) => ownerId)).size),
    'storage of uploads': all(uploads.length),
    conversations: all(conversations.length),
    participants: all(conversations.flatMap(({ participants }) => participants).length),
    messages: all(conversations.flatMap(({ messages }) => messages).length),
    notifications: all(told.length),
    'actors of notifications': all(told.flatMap(({ actors }) => actors).length),
  });
});

test('everybody and every post can be found', async () => {
  expect(await rows('select id, username, display_name from search.user_documents order by id')).toEqual(
    await rows('select id, username, display_name from "user".profiles order by id'),
  );
  expect(await rows('select id, author_id, body, created_at from search.post_documents order by id')).toEqual(
    await rows('select id, author_id, body, created_at from content.posts order by id'),
  );
  const [{ body = '' } = {}] = await rows<{ body: string }>('select body from content.posts order by id limit 1');
  const [word = ''] = body.toLowerCase().match(/[a-z]{4,}/) ?? [];
  const hits = await rows(`select 1 from search.post_documents where words @@ $1::tsquery`, [word]);
  expect(hits.length).toBeGreaterThan(0);
});

test('nobody but the demo account and the demo moderator can sign in', async () => {
  const withPassword = await rows<{ email: string; password_hash: string }>(
    'select email, password_hash from identity.accounts where password_hash is not null order by email',
  );
  expect(withPassword.map(({ email }) => email)).toEqual([demoLogin.email, demoModerator.email]);
  for (const { password_hash } of withPassword) {
    expect(password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await verify(password_hash, demoLogin.password)).toBe(true);
  }
  const withRoles = await rows('select username, roles from identity.active_accounts where cardinality(roles) > 0');
  expect(withRoles).toEqual([{ username: demoModerator.username, roles: ['moderator'] }]);
});

test('the demo account has a profile and posts', async () => {
  const [demo] = await rows<{ posts: string }>(
    'select count(posts.id) as posts from "user".profiles p join content.posts on author_id = p.id where p.username = $1',
    [demoLogin.username],
  );
  expect(Number(demo?.posts)).toBeGreaterThanOrEqual(3);
});

test('seeding again changes nothing, not even what people changed since', async () => {
  await rows(`update "user".profiles set display_name = 'Changed' where username = $1`, [demoLogin.username]);
  const before = await digest();
  await seed();
  expect(await digest()).toEqual(before);
});

test('seeding again completes what an interruption left out', async () => {
  const before = await digest();
  await rows('delete from content.comments where id in (select id from content.comments order by id limit 700)');
  await rows('delete from "user".profiles where username <> $1', [demoLogin.username]);
  await seed();
  expect(await digest()).toEqual(before);
});

test('the expected answer of the sample query is what the tables hold', async () => {
  const { query, expected } = sampleQuery(size);
  const [, username] = /username: "(\w+)"/.exec(query) ?? [];
  const [posts, comments] = [...query.matchAll(/first: (\d)/g)].map(([, first]) => Number(first));
  const [found] = await rows<{ data: object }>(
    `select json_build_object('userByUsername', json_build_object(
       'displayName', author.display_name,
       'posts', json_build_object('nodes', array(
         select json_build_object(
           'body', post.body,
           'createdAt', to_char(post.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'comments', json_build_object('nodes', array(
             select json_build_object('body', comment.body, 'author', json_build_object('displayName', commenter.display_name))
             from content.active_comments comment join "user".active_profiles commenter on commenter.id = comment.author_id
             where comment.post_id = post.id order by comment.id limit $3)))
         from content.active_posts post where post.author_id = author.id order by post.id desc limit $2)))) as data
     from "user".active_profiles author where author.username = $1`,
    [username, posts, comments],
  );
  expect(found?.data).toEqual(expected);
});
