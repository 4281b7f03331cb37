import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { SearchType } from './search.ts';
import type { Position } from './search-cursor.ts';
import type { SearchTerms } from './search-terms.ts';

/** What was found; of a person the texts of a person, of a post its body. `score` is in millionths. */
export type Hit = {
  readonly kind: SearchType;
  readonly id: string;
  readonly score: number;
  /** The author of a post; the person themselves. */
  readonly ownerId: string;
  readonly username: string | null;
  readonly displayName: string | null;
  readonly bio: string | null;
  readonly body: string | null;
};

export type SearchRequest = {
  readonly terms: SearchTerms;
  readonly types: readonly SearchType[];
  readonly asOf: Date;
  readonly after: Position | null;
  readonly limit: number;
};

/**
 * The best hits after a position, best first, in one statement. Scores lie in bands, in millionths: a username 1 000 000, one that begins
 * so from 850 000, words of a person from 600 000, words of a post from 400 000 (new before old), what is only similar below that. The
 * similar is looked for only where the rest does not fill the page, which changes no order because it comes after the rest anyway.
 */
export function hitsStatement(request: SearchRequest): RawBuilder<Hit> {
  const { after, limit } = request;
  const following = after ? sql`(score, id) < (${after.score}::int, ${after.id}::uuid)` : sql`true`;
  const best = sql`order by score desc, id desc limit ${limit}`;
  return sql<Hit>`
    with found as materialized (
      select * from (${unionOf(exactBranches(request))}) as branch (kind, id, score) where ${following} ${best}
    ), alike as materialized (
      select * from (${unionOf(similarBranches(request))}) as branch (kind, id, score)
      where (select count(*) from found) < ${limit} and ${following} ${best}
    )
    select page.kind, page.id, page.score, coalesce(post.author_id, page.id) as "ownerId",
      person.username, person.display_name as "displayName", person.bio, post.body
    from (select * from found union all select * from alike) as page
    left join user_documents person on page.kind = 'USER' and person.id = page.id
    left join post_documents post on page.kind = 'POST' and post.id = page.id
    order by page.score desc, page.id desc limit ${limit}`;
}

export async function findHits(db: Kysely<Tables>, request: SearchRequest): Promise<Hit[]> {
  const { rows } = await hitsStatement(request).execute(db);
  return rows;
}

type Branch = RawBuilder<unknown>;

function unionOf(branches: readonly Branch[]): Branch {
  const nothing = sql`select null::text, null::uuid, null::int where false`;
  return sql.join([nothing, ...branches], sql` union all `);
}

/** A post of this age is new by a third of what it was. */
const recencySeconds = 30 * 24 * 60 * 60;

function exactBranches({ terms, types, asOf }: SearchRequest): Branch[] {
  const all = sql`${terms.all}::tsquery`;
  const handle = terms.handle ?? '';
  const people = sql`
    select 'USER', id, case
      when ${terms.handle}::text is null then 600000 + (200000 * ts_rank(words, ${all}, 32))::int
      when username_plain = ${handle} then 1000000
      when username_plain like ${beginning(handle)} then 850000 + (100000 * similarity(username_plain, ${handle}))::int
      else 600000 + (200000 * ts_rank(words, ${all}, 32))::int end
    from user_documents where ${isPersonFound(terms)}`;
  const posts = sql`
    select 'POST', id, 400000 + (100000 * ts_rank(words, ${all}, 32))::int
      + (90000 * exp(-least(100, greatest(0, extract(epoch from ${asOf}::timestamptz - created_at)::float8 / ${recencySeconds}))))::int
    from post_documents where words @@ ${all}`;
  return [...(types.includes('USER') ? [people] : []), ...(types.includes('POST') ? [posts] : [])];
}

function isPersonFound({ handle, all }: SearchTerms): Branch {
  const byWords = sql`words @@ ${all}::tsquery`;
  return handle === null ? byWords : sql`(username_plain like ${beginning(handle)} or ${byWords})`;
}

function similarBranches({ terms, types }: SearchRequest): Branch[] {
  const { similar, similarWords, others, all } = terms;
  if (similar === '') return [];
  const people = sql`
    select 'USER', id,
      200000 + (190000 * greatest(similarity(username_plain, ${similar}), word_similarity(${similar}, name_plain)))::int
    from user_documents
    where (username_plain % ${similar} or name_plain %> ${similar}) and not ${isPersonFound(terms)}`;
  const conditions = [
    ...similarWords.map((word) => sql`body_plain %> ${word}`),
    ...(others === '' ? [] : [sql`words @@ ${others}::tsquery`]),
    sql`not words @@ ${all}::tsquery`,
  ];
  const posts = sql`
    select 'POST', id, 100000 + (90000 * word_similarity(${similar}, body_plain))::int
    from post_documents where ${sql.join(conditions, sql` and `)}`;
  return [...(types.includes('USER') ? [people] : []), ...(types.includes('POST') ? [posts] : [])];
}

/** A pattern for `like`; usernames contain one of its wildcards. */
function beginning(text: string): string {
  return `${text.replaceAll(/[\\%_]/g, (character) => `\\${character}`)}%`;
}

export type Suggestion = { readonly id: string; readonly username: string; readonly displayName: string };

/** Whose username begins so, in the order of usernames. */
export async function findByPrefix(
  db: Kysely<Tables>,
  { prefix, limit }: { prefix: string; limit: number },
): Promise<Suggestion[]> {
  const { rows } = await sql<Suggestion>`
    select id, username, display_name as "displayName" from user_documents
    where username_plain like ${beginning(prefix)} order by username_plain, id limit ${limit}`.execute(db);
  return rows;
}
