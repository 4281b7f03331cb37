import { type Kysely, sql, type Transaction } from 'kysely';
import type { DocumentKind, Tables } from '../db/tables.ts';
import { plainForm } from '../words/word.ts';
import type { PostDocument, UserDocument } from './document.ts';
import { plainText, textSearchVector } from './text-search-vector.ts';

type Db = Kysely<Tables>;

/**
 * Begins a write about a person and what they posted: until the transaction ends nobody else writes about them, and no rebuild of
 * the index begins. So what their owner says from now on is not older than what another writer was told.
 */
export async function lockForWriting(tx: Transaction<Tables>, userId: string): Promise<void> {
  await sql`
    select pg_advisory_xact_lock_shared(hashtextextended('search:writers', 0)),
      pg_advisory_xact_lock(hashtextextended('search:user:' || ${userId}, 0))`.execute(tx);
}

/** What a rebuild has to take over from the serving index: nothing is noted while none is under way. */
export async function noteChanges(tx: Transaction<Tables>, kind: DocumentKind, ids: readonly string[]): Promise<void> {
  await sql`
    insert into reindex_changes (kind, id)
    select ${kind}, id from unnest(${ids}::uuid[]) id where exists (select from reindexes)
    on conflict do nothing`.execute(tx);
}

/** Nothing is written of somebody who was erased. */
const isErased = (userId: ReturnType<typeof sql.ref>) =>
  sql`exists (select from erased_users where digest = sha256(uuid_send(${userId})))`;

const replaceUser = sql`
  update set username = excluded.username, display_name = excluded.display_name, bio = excluded.bio,
    username_plain = excluded.username_plain, name_plain = excluded.name_plain, words = excluded.words
  where (it.username, it.display_name, it.bio) is distinct from (excluded.username, excluded.display_name, excluded.bio)`;

const replacePost = sql`
  update set body = excluded.body, body_plain = excluded.body_plain, words = excluded.words
  where it.body is distinct from excluded.body`;

/** How documents are written, and where: beside the serving tables when an index is built. `keep`: what is there stays as it is. */
export type Writing = { readonly table: string; readonly existing: 'replace' | 'keep' };

export async function writeUsers(db: Db, users: readonly UserDocument[], to: Writing): Promise<void> {
  await sql`
    insert into ${sql.table(to.table)} as it (id, username, display_name, bio, username_plain, name_plain, words)
    select given.id, given.username, given.display_name, given.bio, given.username_plain, given.name_plain, given.words::tsvector
    from unnest(
      ${users.map(({ id }) => id)}::uuid[], ${users.map(({ username }) => username)}::text[],
      ${users.map(({ displayName }) => displayName)}::text[], ${users.map(({ bio }) => bio)}::text[],
      ${users.map(({ username }) => plainForm(username))}::text[],
      ${users.map(({ displayName }) => plainText(displayName))}::text[], ${users.map(wordsOfUser)}::text[]
    ) as given (id, username, display_name, bio, username_plain, name_plain, words)
    where not ${isErased(sql.ref('given.id'))}
    on conflict (id) do ${to.existing === 'replace' ? replaceUser : sql`nothing`}`.execute(db);
}

export async function writePosts(db: Db, posts: readonly PostDocument[], to: Writing): Promise<void> {
  await sql`
    insert into ${sql.table(to.table)} as it (id, author_id, body, created_at, body_plain, words)
    select given.id, given.author_id, given.body, given.created_at, given.body_plain, given.words::tsvector
    from unnest(
      ${posts.map(({ id }) => id)}::uuid[], ${posts.map(({ authorId }) => authorId)}::uuid[],
      ${posts.map(({ body }) => body)}::text[], ${posts.map(({ createdAt }) => createdAt)}::timestamptz[],
      ${posts.map(({ body }) => plainText(body))}::text[],
      ${posts.map(({ body }) => textSearchVector([[body, 'B']]))}::text[]
    ) as given (id, author_id, body, created_at, body_plain, words)
    where not ${isErased(sql.ref('given.author_id'))}
    on conflict (id) do ${to.existing === 'replace' ? replacePost : sql`nothing`}`.execute(db);
}

function wordsOfUser({ username, displayName, bio }: UserDocument): string {
  return textSearchVector([
    [username, 'A'],
    [displayName, 'A'],
    [bio, 'C'],
  ]);
}

export async function deleteUser(db: Db, id: string): Promise<void> {
  await db.deleteFrom('user_documents').where('id', '=', id).execute();
}

export async function deletePost(db: Db, id: string): Promise<void> {
  await db.deleteFrom('post_documents').where('id', '=', id).execute();
}

/** The ids of what was there. */
export async function deletePostsOf(db: Db, authorId: string): Promise<string[]> {
  const rows = await db.deleteFrom('post_documents').where('author_id', '=', authorId).returning('id').execute();
  return rows.map(({ id }) => id);
}

/** From now on nothing is written of this person. */
export async function rememberErased(tx: Transaction<Tables>, userId: string): Promise<void> {
  await sql`
    insert into erased_users (digest) values (sha256(uuid_send(${userId}::uuid))) on conflict do nothing`.execute(tx);
}
