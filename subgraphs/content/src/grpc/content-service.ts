import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ContentService, Visibility } from '@nova/proto/nova/content/v1/content_service_pb.js';
import { rpcService } from '@nova/rpc';
import type { Logger } from '@nova/runtime';
import { createStandings } from '../audiences/standings.ts';
import type { Deps } from '../deps.ts';
import { hashtagsOfPosts, mediaOfPosts } from '../posts/link-repository.ts';
import type { Post } from '../posts/post.ts';
import { findPosts, listPostsByAuthors, listPostsInOrder } from '../posts/post-repository.ts';
import { findVisiblePosts } from '../posts/visible-posts.ts';

/** Posts in one message of a stream. grpc-js takes on 16 messages before it lets a stream wait for its reader: with this many they are at most a few MB. */
const streamedPosts = 100;

export function contentService(deps: Deps, log: Logger) {
  const { db } = deps;
  return rpcService(ContentService, {
    async getPosts({ ids }) {
      return { posts: await toMessages(deps, await findPosts(db, ids)) };
    },
    async checkPostVisible({ viewerId, postIds }, context) {
      const standings = createStandings({
        viewerId: viewerId || undefined,
        ask: (asking, otherIds) => deps.relations.standings(asking, otherIds, context),
        onAway: (error) => log.warn({ err: error }, 'social is away; only what is public is visible'),
      });
      const posts = await findVisiblePosts({ find: (ids) => findPosts(db, ids), standings }, postIds);
      return { visiblePostIds: posts.map(({ id }) => id) };
    },
    async listRecentPosts({ authorIds, limit }) {
      const authors = [...new Set(authorIds)].map((authorId) => ({ authorId, withFollowers: true }));
      const posts = await listPostsByAuthors(db, authors, { afterId: null, limit });
      const newestFirst = posts.toSorted((a, b) => (a.id < b.id ? 1 : -1));
      return {
        posts: newestFirst.map(({ id, authorId, createdAt }) => ({
          id,
          authorId,
          createdAt: timestampFromDate(createdAt),
        })),
      };
    },
    // A page is read when the one before was taken: nice-grpc asks for the next when the transport has room.
    async *streamPosts({ afterId }) {
      for (let place: string | null = afterId || null; ; ) {
        const posts = await listPostsInOrder(db, { afterId: place, limit: streamedPosts });
        const last = posts.at(-1);
        if (!last) return;
        yield { posts: await toMessages(deps, posts) };
        place = last.id;
      }
    },
  });
}

async function toMessages({ db }: Deps, posts: readonly Post[]) {
  const ids = posts.map(({ id }) => id);
  const [media, hashtags] = await Promise.all([mediaOfPosts(db, ids), hashtagsOfPosts(db, ids)]);
  return posts.map((post) => ({
    id: post.id,
    authorId: post.authorId,
    body: post.body,
    createdAt: timestampFromDate(post.createdAt),
    editedAt: post.editedAt ? timestampFromDate(post.editedAt) : undefined,
    mediaIds: media.get(post.id) ?? [],
    hashtags: hashtags.get(post.id) ?? [],
    visibility: post.visibility === 'PUBLIC' ? Visibility.PUBLIC : Visibility.FOLLOWERS,
  }));
}
