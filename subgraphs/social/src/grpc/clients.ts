import { isUuid } from '@nova/postgres';
import { ContentService } from '@nova/proto/nova/content/v1/content_service_pb.js';
import { type CallOrigin, callOptions, createRpcClient } from '@nova/rpc';
import { type LikedPost, postNotFound } from '../likes/like.ts';

/** What social asks content. */
export type Posts = {
  /** A post that the viewer may see. Throws NOT_FOUND for any other, SERVICE_UNAVAILABLE when content is away. */
  requireVisible(id: string, viewerId: string, origin: CallOrigin): Promise<LikedPost>;
  stop(): void;
};

export function createPosts(address: string): Posts {
  const content = createRpcClient(ContentService, { address });
  return {
    async requireVisible(id, viewerId, origin) {
      if (!isUuid(id)) throw postNotFound(id);
      const [{ visiblePostIds }, { posts }] = await Promise.all([
        content.calls.checkPostVisible({ viewerId, postIds: [id] }, callOptions(origin)),
        content.calls.getPosts({ ids: [id] }, callOptions(origin)),
      ]);
      const post = posts.find((each) => each.id === id);
      if (!post || !visiblePostIds.includes(id)) throw postNotFound(id);
      return { id, authorId: post.authorId };
    },
    stop: content.stop,
  };
}
