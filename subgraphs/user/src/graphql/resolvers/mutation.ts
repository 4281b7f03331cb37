import { requireUser } from '@nova/subgraph';
import type { MutationResolvers } from '../../generated/graphql.ts';
import { toSettings } from '../viewer-answers.ts';

export const mutation: MutationResolvers = {
  async updateProfile(_parent, { input }, context) {
    const { userId } = requireUser(context);
    const account = await context.accounts.requireActive(userId, context);
    if (input.avatarId != null) await context.assets.requireImage({ id: input.avatarId, ownerId: userId }, context);
    return { user: await context.profiles.update(account, input, context) };
  },
  async updateSettings(_parent, { input }, context) {
    const { userId } = requireUser(context);
    const account = await context.accounts.requireActive(userId, context);
    const { profileVisibility: visibility, isDiscoverable, language, timeZone } = input;
    const changes = { privacy: { visibility, isDiscoverable }, preferences: { language, timeZone } };
    const { profile, preferences } = await context.settings.update(account, changes, context);
    return { settings: toSettings(profile, preferences) };
  },
  async deleteMe(_parent, { input }, context) {
    const { userId } = requireUser(context);
    // Once it was asked for, the account may be gone before the answer was read.
    const asked = await context.loaders.erasure(userId);
    if (asked) return { erasure: asked };
    const account = await context.accounts.requireActive(userId, context);
    return { erasure: await context.erasures.request(account, input, context) };
  },
};
