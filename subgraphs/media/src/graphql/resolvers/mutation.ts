import { AppError } from '@nova/errors';
import { requireUser } from '@nova/subgraph';
import type { MutationResolvers } from '../../generated/graphql.ts';

export const mutation: MutationResolvers = {
  async createUpload(_parent, { input }, context) {
    const { userId: ownerId } = requireUser(context);
    await context.accounts.requireActive(ownerId, context);
    const { kind, contentType, bytes } = input;
    const { asset, upload } = await context.uploads.create({ ownerId, kind, contentType, bytes }, context);
    const headers = Object.entries(upload?.headers ?? {}).map(([name, value]) => ({ name, value }));
    return { asset, upload: upload && { ...upload, headers } };
  },
  async completeUpload(_parent, { input }, context) {
    const { userId: ownerId } = requireUser(context);
    return { asset: await context.uploads.complete({ id: input.id, ownerId }, context) };
  },
  async deleteMedia(_parent, { input }, context) {
    await context.uploads.delete({ id: input.id, actor: requireUser(context) }, context);
    return { deletedMediaId: input.id };
  },
  async createLiveStream(_parent, _args, context) {
    const { userId } = requireUser(context);
    if (!context.liveStreams) throw new AppError('BAD_USER_INPUT', 'Live streams are not set up here.');
    await context.accounts.requireActive(userId, context);
    return { ...(await context.liveStreams.create(userId, context)), ingestUrl: context.ingestUrl };
  },
};
