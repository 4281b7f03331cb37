import { type Connection, type PageRequest, pageOf } from '@nova/postgres';
import {
  type ConnectionLoader,
  createConnectionLoader,
  createLoader,
  createPageLoader,
  type Loader,
} from '@nova/subgraph';
import type { Kysely } from 'kysely';
import type { Standings } from '../audiences/standings.ts';
import type { Comment } from '../comments/comment.ts';
import { countCommentsByPosts, countRepliesByComments, listCommentsOf } from '../comments/comment-repository.ts';
import { findVisibleComments, listVisibleComments, listVisibleReplies } from '../comments/visible-comments.ts';
import type { Tables } from '../db/tables.ts';
import { listEditsByPosts } from '../posts/edit-repository.ts';
import { hashtagsOfPosts, mediaOfPosts, mentionsOfPosts } from '../posts/link-repository.ts';
import type { Post, PostEdit } from '../posts/post.ts';
import type { StoredPosts } from '../posts/stored-posts.ts';
import { findVisiblePosts, listVisiblePosts, listVisiblePostsByAuthors } from '../posts/visible-posts.ts';

/** What resolvers read, made for one request and its viewer; each loader sends one statement a batch, lists one a round (see visible-pages.ts). */
export type Loaders = {
  readonly post: Loader<string, Post | null>;
  readonly comment: Loader<string, Comment | null>;
  readonly commentCount: Loader<string, number | null>;
  readonly replyCount: Loader<string, number | null>;
  readonly hashtags: Loader<string, string[] | null>;
  readonly mentions: Loader<string, string[] | null>;
  readonly media: Loader<string, string[] | null>;
  readonly editsOfPost: ConnectionLoader<PostEdit>;
  readonly commentsOfPost: ConnectionLoader<Comment>;
  readonly repliesOfComment: ConnectionLoader<Comment>;
  readonly postsOfUser: ConnectionLoader<Post>;
  readonly allPosts: (page: PageRequest, hashtag: string | undefined) => Promise<Connection<Post>>;
  /** What somebody wrote, whether or not they see what it is under. */
  readonly commentsOf: (authorId: string, page: PageRequest) => Promise<Connection<Comment>>;
};

export function createLoaders(sources: {
  db: Kysely<Tables>;
  storedPosts: StoredPosts;
  standings: Standings;
}): Loaders {
  const { db, standings, storedPosts } = sources;
  return {
    post: createLoader(async (ids) => byId(await findVisiblePosts({ find: storedPosts.find, standings }, ids))),
    comment: createLoader(async (ids) => byId(await findVisibleComments(sources, ids))),
    commentCount: createLoader((postIds) => countCommentsByPosts(db, postIds)),
    replyCount: createLoader((ids) => countRepliesByComments(db, ids)),
    hashtags: createLoader((postIds) => hashtagsOfPosts(db, postIds)),
    mentions: createLoader((postIds) => mentionsOfPosts(db, postIds)),
    media: createLoader((postIds) => mediaOfPosts(db, postIds)),
    editsOfPost: createConnectionLoader({
      kind: 'post-edit',
      list: (postIds, page) => listEditsByPosts(db, postIds, page),
      ownerOf: ({ postId }) => postId,
    }),
    commentsOfPost: createPageLoader('comment', (postIds, page) => listVisibleComments(sources, postIds, page)),
    repliesOfComment: createPageLoader('comment', (ids, page) => listVisibleReplies(sources, ids, page)),
    postsOfUser: createPageLoader('post', (userIds, page) => listVisiblePostsByAuthors(sources, userIds, page)),
    allPosts: (page, hashtag) => listVisiblePosts(sources, page, hashtag),
    commentsOf: async (authorId, page) => pageOf('viewer-comment', page, await listCommentsOf(db, authorId, page)),
  };
}

function byId<T extends { readonly id: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.id, row]));
}
