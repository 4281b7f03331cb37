import { keepOnlyFor } from '@nova/subgraph';
import type { GraphQLResolveInfo } from 'graphql';
import type { Profile } from '../profiles/profile.ts';
import type { Context } from './context.ts';

type Call = [profile: Profile, args: unknown, context: Context, info: GraphQLResolveInfo];

/** Resolves a field that a person may show to some only; null for the others. */
export function detail(field: 'bio' | 'location') {
  return async (...[profile, , context, info]: Call) => {
    if (profile.visibility === 'EVERYONE') return profile[field];
    // Who sees it differs, so that nobody may keep the answer for another.
    keepOnlyFor('nobody', info);
    return (await isShown(profile, context)) ? profile[field] : null;
  };
}

async function isShown({ id, visibility }: Profile, { identity, loaders }: Context): Promise<boolean> {
  if (identity.kind === 'anonymous') return false;
  if (identity.userId === id) return true;
  return visibility === 'FOLLOWERS' && (await loaders.isFollowed.load(id)) === true;
}
