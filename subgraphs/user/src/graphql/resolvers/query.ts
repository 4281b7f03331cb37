import { pageRequest } from '@nova/postgres';
import { requireUser } from '@nova/subgraph';
import type { QueryResolvers } from '../../generated/graphql.ts';
import { readSettings, readStorage } from '../viewer-answers.ts';

export const query: QueryResolvers = {
  user: (_parent, { id }, { loaders }) => loaders.profile.load(id),
  userByUsername: (_parent, { username }, { loaders }) => loaders.profileByUsername(username),
  viewerSettings: (_parent, _args, context) => readSettings(requireUser(context).userId, context),
  viewerStorage: (_parent, _args, context) => readStorage(requireUser(context).userId, context),
  async exportMyData(_parent, _args, context) {
    const { userId } = requireUser(context);
    const [profile, settings, storage, erasure] = await Promise.all([
      context.loaders.profile.load(userId),
      readSettings(userId, context),
      readStorage(userId, context),
      context.loaders.erasure(userId),
    ]);
    return { exportedAt: new Date(), profile, settings, storage, erasure };
  },
  erasure: (_parent, { userId }, { loaders }) => loaders.erasure(userId),
  erasures: (_parent, { open, ...page }, { loaders }) => loaders.erasures(pageRequest('erasure', page), open),
};
