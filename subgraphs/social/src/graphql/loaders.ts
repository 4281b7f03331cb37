import { type Connection, isUuid, type PageRequest, pageOf } from '@nova/postgres';
import {
  type ConnectionLoader,
  createConnectionLoader,
  createLoader,
  type Loader,
  type RequestContext,
} from '@nova/subgraph';
import type { Kysely } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { Posts } from '../grpc/clients.ts';
import type { Like, OwnLike } from '../likes/like.ts';
import type { LikeCounts } from '../likes/like-counts.ts';
import { findLiked, listLikesByPosts, listLikesOf } from '../likes/like-repository.ts';
import { listFollowers, listFollowing } from '../relations/follow-repository.ts';
import type { Follow, OwnBlock, Relation } from '../relations/relation.ts';
import { listBlocksOf, listRelations } from '../relations/relation-repository.ts';
import { listFeed } from '../timelines/feed-repository.ts';
import type { PostReference } from './resolvers/post.ts';

/** What resolvers read, made for one request; each loader sends one statement a batch. */
export type Loaders = {
  readonly followers: ConnectionLoader<Follow>;
  readonly following: ConnectionLoader<Follow>;
  /** How the viewer stands to a user; null when nobody is signed in. */
  readonly viewerRelation: Loader<string, Relation | null>;
  readonly likeCount: Loader<string, number | null>;
  /** Null when nobody is signed in. */
  readonly viewerLikes: Loader<string, boolean | null>;
  readonly likers: ConnectionLoader<Like>;
  readonly feed: (userId: string, page: PageRequest) => Promise<Connection<PostReference>>;
  readonly likedPosts: (userId: string, page: PageRequest) => Promise<Connection<OwnLike>>;
  /** Null for a post that the viewer may not see. Rejects with SERVICE_UNAVAILABLE while content is away. */
  readonly visiblePosts: Loader<string, PostReference | null>;
  readonly blockedUsers: (userId: string, page: PageRequest) => Promise<Connection<OwnBlock>>;
};

type Sources = {
  readonly db: Kysely<Tables>;
  readonly likeCounts: LikeCounts;
  readonly posts: Posts;
  readonly request: RequestContext;
};

export function createLoaders({ db, likeCounts, posts, request }: Sources): Loaders {
  const viewerId = request.identity.kind === 'user' ? request.identity.userId : undefined;
  return {
    followers: createConnectionLoader({
      kind: 'follow',
      list: (userIds, page) => listFollowers(db, userIds, page),
      ownerOf: (follow) => follow.ownerId,
    }),
    following: createConnectionLoader({
      kind: 'follow',
      list: (userIds, page) => listFollowing(db, userIds, page),
      ownerOf: (follow) => follow.ownerId,
    }),
    viewerRelation: createLoader(async (userIds) => {
      if (viewerId === undefined) return new Map<string, Relation>();
      const relations = await listRelations(db, viewerId, userIds.filter(isUuid));
      return new Map(relations.map((relation) => [relation.otherId, relation]));
    }),
    likeCount: createLoader((postIds) => likeCounts.find(postIds)),
    viewerLikes: createLoader(async (postIds) => {
      if (viewerId === undefined) return new Map<string, boolean>();
      const liked = await findLiked(db, viewerId, postIds);
      return new Map(postIds.map((id) => [id, liked.has(id)]));
    }),
    likers: createConnectionLoader({
      kind: 'like',
      list: (postIds, page) => listLikesByPosts(db, postIds, page),
      ownerOf: (like) => like.postId,
    }),
    feed: async (userId, page) => pageOf('feed', page, await listFeed(db, userId, page)),
    likedPosts: async (userId, page) => pageOf('liked-post', page, await listLikesOf(db, userId, page)),
    visiblePosts: createLoader(async (postIds) => {
      if (viewerId === undefined) return new Map<string, PostReference>();
      const visible = await posts.findVisible(postIds, viewerId, request);
      return new Map(visible.map((id) => [id, { id }]));
    }),
    blockedUsers: async (userId, page) => pageOf('block', page, await listBlocksOf(db, userId, page)),
  };
}
