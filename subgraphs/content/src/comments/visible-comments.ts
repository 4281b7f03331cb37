import type { Connection, PageRequest } from '@nova/postgres';
import type { Kysely } from 'kysely';
import { maySee } from '../audiences/audience.ts';
import type { Standings, StandingsOf } from '../audiences/standings.ts';
import { visiblePages } from '../audiences/visible-pages.ts';
import type { Tables } from '../db/tables.ts';
import { type Comment, type CommentOnPost, commentNotFound } from './comment.ts';
import { findComments, listCommentsByPosts, listRepliesByComments } from './comment-repository.ts';

type Sources = { readonly db: Kysely<Tables>; readonly standings: Standings };
type Pages = Map<string, Connection<Comment>>;

/** Those of the comments that exist and are seen by the viewer: neither their author nor that of their post hides them. */
export async function findVisibleComments(
  { db, standings }: Sources,
  ids: readonly string[],
): Promise<CommentOnPost[]> {
  const comments = await findComments(db, ids);
  const standingTo = await standings.of(authorsOf(comments));
  return comments.filter((comment) => maySeeComment(comment, standingTo));
}

/** The same page of the comments on each post that the viewer sees, oldest first. */
export function listVisibleComments(
  { db, standings }: Sources,
  postIds: readonly string[],
  page: PageRequest,
): Promise<Pages> {
  return visiblePages(postIds, page, {
    kind: 'comment',
    list: (places, limit) => listCommentsByPosts(db, places, limit),
    ownerOf: ({ postId }) => postId,
    visible: (comments) => ofSeenAuthors(standings, comments),
  });
}

/** The same of the replies to each comment that the viewer sees. */
export function listVisibleReplies(
  { db, standings }: Sources,
  commentIds: readonly string[],
  page: PageRequest,
): Promise<Pages> {
  return visiblePages(commentIds, page, {
    kind: 'comment',
    list: (places, limit) => listRepliesByComments(db, places, limit),
    ownerOf: ({ parentId }) => parentId as string,
    visible: (comments) => ofSeenAuthors(standings, comments),
  });
}

/** For who wants to answer a comment on that post. Throws NOT_FOUND, and what social throws. */
export async function requireVisibleComment(
  { db, standings }: Sources,
  { id, postId }: { readonly id: string; readonly postId: string },
): Promise<void> {
  const comment = (await findComments(db, [id])).find((found) => found.postId === postId);
  if (!comment) throw commentNotFound(id);
  const standingTo = await standings.require(authorsOf([comment]));
  if (!maySeeComment(comment, standingTo)) throw commentNotFound(id);
}

function authorsOf(comments: readonly CommentOnPost[]): string[] {
  return comments.flatMap(({ authorId, postAuthorId }) => [authorId, postAuthorId]);
}

function maySeeComment({ authorId, postAuthorId, postVisibility }: CommentOnPost, standingTo: StandingsOf): boolean {
  return maySee('PUBLIC', standingTo(authorId)) && maySee(postVisibility, standingTo(postAuthorId));
}

async function ofSeenAuthors(standings: Standings, comments: readonly Comment[]): Promise<Comment[]> {
  const standingTo = await standings.of(comments.map(({ authorId }) => authorId));
  return comments.filter(({ authorId }) => maySee('PUBLIC', standingTo(authorId)));
}
