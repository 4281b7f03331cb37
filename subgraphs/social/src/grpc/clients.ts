import { isUuid } from '@nova/postgres';
import { ContentService } from '@nova/proto/nova/content/v1/content_service_pb.js';
import { type CallOrigin, callOptions, createRpcClient } from '@nova/rpc';
import { type LikedPost, postNotFound } from '../likes/like.ts';

/** What social asks content. */
export type Posts = {
  /** A post that the viewer may see. Throws NOT_FOUND for any other, SERVICE_UNAVAILABLE when content is away. */
  requireVisible(id: string, viewerId: string, origin: CallOrigin): Promise<LikedPost>;
  /** Which of at most 1 000 posts the viewer may see. Throws SERVICE_UNAVAILABLE when content is away. */
  findVisible(ids: readonly string[], viewerId: string, origin: CallOrigin): Promise<readonly string[]>;
  stop(): void;
};

export function createPosts(address: string): Posts {
  const content = createRpcClient(ContentService, { address });
  const findVisible: Posts['findVisible'] = async (ids, viewerId, origin) => {
    const asked = { viewerId, postIds: [...ids] };
    return (await content.calls.checkPostVisible(asked, callOptions(origin))).visiblePostIds;
  };
  return {
    findVisible,
    async requireVisible(id, viewerId, origin) {
      if (!isUuid(id)) throw postNotFound(id);
      const [visible, { posts }] = await Promise.all([
        findVisible([id], viewerId, origin),
        content.calls.getPosts({ ids: [id] }, callOptions(origin)),
      ]);
      const post = posts.find((each) => each.id === id);
      if (!post || !visible.includes(id)) throw postNotFound(id);
      return { id, authorId: post.authorId };
    },
    stop: content.stop,
  };
}
