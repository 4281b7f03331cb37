import { hash } from '@node-rs/argon2';
import type { Tables as ContentTables } from '@nova/content/tables';
import type { Tables as IdentityTables } from '@nova/identity/tables';
import { openDatabase } from '@nova/postgres';
import { createLogger } from '@nova/runtime';
import type { Tables as SearchTables } from '@nova/search/tables';
import type { Tables as UserTables } from '@nova/user/tables';
import { type Insertable, sql, type Transaction } from 'kysely';
import { demoLogin, demoModerator } from './demo.ts';
import { generateNetwork, type Network } from './network.ts';
import { analyzeIndex, insertFoundPeople, insertFoundPosts } from './search.ts';
import { deriveCountsAndFeeds, generateFollows, generateLikes, insertFollows, insertLikes } from './social.ts';
import { followCountRows, insertFollowCounts } from './user.ts';

/** How far a table is: rows written so far, of all. */
export type SeedProgress = { readonly table: string; readonly done: number; readonly total: number };

type Domain = 'identity' | 'user' | 'content' | 'social' | 'search';

const rowsPerStatement = 1_000;

/**
 * Writes the network of `size` people as each domain's own role, each domain in one transaction. What exists already
 * is left as it is, so that it can be repeated and taken up again after an interruption. Only the demo accounts get a
 * password. `urls` are those of the domains' roles on migrated schemas.
 */
export async function seedDatabases(options: {
  urls: Readonly<Record<Domain, string>>;
  size: number;
  onProgress?: (progress: SeedProgress) => void;
}): Promise<void> {
  const { urls, size, onProgress } = options;
  const report = (table: string) => (done: number, total: number) => onProgress?.({ table, done, total });
  const network = generateNetwork(size);
  const demoHash = await hash(demoLogin.password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  await inDatabase<IdentityTables>(urls.identity, async (db) => {
    await inBatches(accountRows(network, demoHash), report('accounts'), (rows) =>
      db
        .insertInto('accounts')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
    await sql`analyze accounts`.execute(db);
  });
  await inDatabase<UserTables>(urls.user, async (db) => {
    await inBatches(profileRows(network), report('profiles'), (rows) =>
      db
        .insertInto('profiles')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
    await inBatches(postCountRows(network), report('post counts'), (rows) =>
      db
        .insertInto('post_counts')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
    const followCounts = followCountRows(generateFollows(network));
    await inBatches(followCounts, report('follow counts'), (rows) => insertFollowCounts(db, rows));
    await sql`analyze profiles, post_counts, follow_counts`.execute(db);
  });
  await inDatabase<ContentTables>(urls.content, async (db) => {
    await inBatches(postRows(network), report('posts'), (rows) =>
      db
        .insertInto('posts')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
    await inBatches(commentRows(network), report('comments'), (rows) =>
      db
        .insertInto('comments')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    );
    await sql`analyze posts, comments`.execute(db);
  });
  await inDatabase<SearchTables>(urls.search, async (db) => {
    await inBatches(network.people, report('people to be found'), (rows) => insertFoundPeople(db, rows));
    await inBatches(network.posts, report('posts to be found'), (rows) => insertFoundPosts(db, rows));
    await analyzeIndex(db);
  });
  await inDatabase<unknown>(urls.social, async (db) => {
    await inBatches(generateFollows(network), report('follows'), (rows) => insertFollows(db, rows));
    await inBatches(generateLikes(network), report('likes'), (rows) => insertLikes(db, rows));
    await deriveCountsAndFeeds(db, network.posts);
  });
}

/** Runs `work` in one transaction. */
async function inDatabase<T>(url: string, work: (db: Transaction<T>) => Promise<void>): Promise<void> {
  const log = createLogger({ service: 'seed', level: 'warn' });
  const database = openDatabase<T>({ url, poolMax: 1, applicationName: 'nova-seed', log });
  try {
    await database.db.transaction().execute(work);
  } finally {
    await database.stop();
  }
}

async function inBatches<Row>(
  rows: readonly Row[],
  report: (done: number, total: number) => void,
  write: (batch: readonly Row[]) => Promise<unknown>,
): Promise<void> {
  for (let done = 0; done < rows.length; done += rowsPerStatement) {
    await write(rows.slice(done, done + rowsPerStatement));
    report(Math.min(done + rowsPerStatement, rows.length), rows.length);
  }
}

function accountRows({ people }: Network, demoHash: string): Insertable<IdentityTables['accounts']>[] {
  const seeded = people.map(({ id, email, username, joinedAt }) => ({
    id,
    email,
    username,
    password_hash: username === demoLogin.username ? demoHash : null,
    created_at: joinedAt,
  }));
  const { joinedAt: created_at, ...moderator } = demoModerator;
  return [...seeded, { ...moderator, password_hash: demoHash, created_at }];
}

function profileRows({ people }: Network): Insertable<UserTables['profiles']>[] {
  return people.map(({ id, username, displayName, bio, location, joinedAt }) => ({
    id,
    username,
    display_name: displayName,
    bio,
    location,
    joined_at: joinedAt,
    updated_at: joinedAt,
  }));
}

/** The seed's posts have no events that would count them. */
function postCountRows({ posts }: Network): Insertable<UserTables['post_counts']>[] {
  const counts = new Map<string, number>();
  for (const { authorId } of posts) counts.set(authorId, (counts.get(authorId) ?? 0) + 1);
  return [...counts].map(([user_id, posts]) => ({ user_id, posts }));
}

function postRows({ posts }: Network): Insertable<ContentTables['posts']>[] {
  return posts.map(({ id, authorId, body, createdAt }) => ({ id, author_id: authorId, body, created_at: createdAt }));
}

function commentRows({ comments }: Network): Insertable<ContentTables['comments']>[] {
  return comments.map(({ id, postId, authorId, body, createdAt }) => ({
    id,
    post_id: postId,
    author_id: authorId,
    body,
    created_at: createdAt,
  }));
}
