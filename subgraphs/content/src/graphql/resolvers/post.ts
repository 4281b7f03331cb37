import { pageRequest } from '@nova/postgres';
import { keepOnlyFor } from '@nova/subgraph';
import type { PostResolvers } from '../../generated/graphql.ts';

export const post: PostResolvers = {
  __resolveReference({ id }, context, info) {
    keepOnlyFor(context, info);
    return context.loaders.post.load(id);
  },
  author: ({ authorId }) => ({ id: authorId }),
  hashtags: async ({ id }, _args, { loaders }) => (await loaders.hashtags.load(id)) ?? [],
  mentions: async ({ id }, _args, { loaders }) => toReferences(await loaders.mentions.load(id)),
  media: async ({ id }, _args, { loaders }) => toReferences(await loaders.media.load(id)),
  edits: ({ id }, args, { loaders }) => loaders.editsOfPost.load(id, pageRequest('post-edit', args)),
  commentCount: async ({ id }, _args, { loaders }) => (await loaders.commentCount.load(id)) ?? 0,
  comments: ({ id }, args, { loaders }) => loaders.commentsOfPost.load(id, pageRequest('comment', args)),
};

function toReferences(ids: readonly string[] | null) {
  return (ids ?? []).map((id) => ({ id }));
}
