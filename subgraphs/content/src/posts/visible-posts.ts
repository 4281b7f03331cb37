import { type Connection, type PageRequest, pageOf } from '@nova/postgres';
import type { Kysely } from 'kysely';
import { maySee } from '../audiences/audience.ts';
import type { Standings } from '../audiences/standings.ts';
import { visiblePages } from '../audiences/visible-pages.ts';
import type { Tables } from '../db/tables.ts';
import { normalHashtag, type Post, postNotFound } from './post.ts';
import { findPosts, listPosts, listPostsByAuthors } from './post-repository.ts';

type Sources = { readonly db: Kysely<Tables>; readonly standings: Standings };

/** Those of the posts that exist and are seen by the viewer. */
export async function findVisiblePosts(
  { find, standings }: { readonly find: (ids: readonly string[]) => Promise<Post[]>; readonly standings: Standings },
  ids: readonly string[],
): Promise<Post[]> {
  return visibleOf(standings, await find(ids));
}

/** All posts that the viewer sees, newest first, or those with a hashtag. */
export async function listVisiblePosts(
  { db, standings }: Sources,
  page: PageRequest,
  hashtag: string | undefined,
): Promise<Connection<Post>> {
  const filter = { publicOnly: standings.isAnonymous, hashtag: hashtag && normalHashtag(hashtag) };
  const pages = await visiblePages([''], page, {
    kind: 'post',
    list: ([place], limit) => listPosts(db, { afterId: place?.afterId ?? null, limit }, filter),
    ownerOf: () => '',
    visible: (posts) => visibleOf(standings, posts),
  });
  return pages.get('') as Connection<Post>;
}

/** The same page of each author's posts. Whoever is blocked is asked for first, so that nothing has to be left out afterwards. */
export async function listVisiblePostsByAuthors(
  { db, standings }: Sources,
  authorIds: readonly string[],
  page: PageRequest,
): Promise<Map<string, Connection<Post>>> {
  const standingTo = await standings.of(authorIds);
  const authors = authorIds
    .filter((authorId) => maySee('PUBLIC', standingTo(authorId)))
    .map((authorId) => ({ authorId, withFollowers: maySee('FOLLOWERS', standingTo(authorId)) }));
  const posts = await listPostsByAuthors(db, authors, { afterId: page.afterId, limit: page.first + 1 });
  const byAuthor = Map.groupBy(posts, ({ authorId }) => authorId);
  return new Map([...byAuthor].map(([authorId, own]) => [authorId, pageOf('post', page, own)]));
}

/** For who wants to do something with a post. Throws NOT_FOUND, and what social throws. */
export async function requireVisiblePost({ db, standings }: Sources, id: string): Promise<void> {
  const [post] = await findPosts(db, [id]);
  if (!post) throw postNotFound(id);
  const standingTo = await standings.require([post.authorId]);
  if (!maySee(post.visibility, standingTo(post.authorId))) throw postNotFound(id);
}

async function visibleOf(standings: Standings, posts: readonly Post[]): Promise<Post[]> {
  const standingTo = await standings.of(posts.map(({ authorId }) => authorId));
  return posts.filter(({ authorId, visibility }) => maySee(visibility, standingTo(authorId)));
}
