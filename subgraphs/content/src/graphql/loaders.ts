import { type Connection, type PageRequest, pageOf } from '@nova/postgres';
import { type ConnectionLoader, createConnectionLoader, createLoader, type Loader } from '@nova/subgraph';
import type { Kysely } from 'kysely';
import type { Comment } from '../comments/comment.ts';
import { countCommentsByPosts, findComments, listCommentsByPosts } from '../comments/comment-repository.ts';
import type { Tables } from '../db/tables.ts';
import type { Post } from '../posts/post.ts';
import { findPosts, listPosts, listPostsByAuthors } from '../posts/post-repository.ts';

/** What resolvers read, made for one request; each loader sends one statement a batch. */
export type Loaders = {
  readonly post: Loader<string, Post | null>;
  readonly comment: Loader<string, Comment | null>;
  readonly commentCount: Loader<string, number | null>;
  readonly commentsOfPost: ConnectionLoader<Comment>;
  readonly postsOfUser: ConnectionLoader<Post>;
  readonly allPosts: (page: PageRequest) => Promise<Connection<Post>>;
};

export function createLoaders(db: Kysely<Tables>): Loaders {
  return {
    post: createLoader(async (ids) => byId(await findPosts(db, ids))),
    comment: createLoader(async (ids) => byId(await findComments(db, ids))),
    commentCount: createLoader((postIds) => countCommentsByPosts(db, postIds)),
    commentsOfPost: createConnectionLoader({
      kind: 'comment',
      list: (postIds, page) => listCommentsByPosts(db, postIds, page),
      ownerOf: (comment) => comment.postId,
    }),
    postsOfUser: createConnectionLoader({
      kind: 'post',
      list: (authorIds, page) => listPostsByAuthors(db, authorIds, page),
      ownerOf: (post) => post.authorId,
    }),
    allPosts: async (page) => pageOf('post', page, await listPosts(db, page)),
  };
}

function byId<T extends { readonly id: string }>(rows: readonly T[]): Map<string, T> {
  return new Map(rows.map((row) => [row.id, row]));
}
