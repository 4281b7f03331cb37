import type { NotificationResolvers } from '../../generated/graphql.ts';

const reference = (id: string | null | undefined) => (id == null ? null : { id });

export const notification: NotificationResolvers = {
  actor: async ({ id }, _args, { loaders }) => reference((await loaders.actors.load(id))?.[0]),
  actors: async ({ id }, _args, { loaders }) => ((await loaders.actors.load(id)) ?? []).map(reference),
  count: ({ occurrences }) => occurrences,
  post: ({ postId }) => reference(postId),
  comment: ({ commentId }) => reference(commentId),
  conversation: ({ conversationId }, _args, { loaders }) =>
    conversationId === null ? null : loaders.conversation.load(conversationId),
};
