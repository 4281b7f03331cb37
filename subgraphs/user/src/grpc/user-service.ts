import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AppError } from '@nova/errors';
import { isUuid } from '@nova/postgres';
import { UserService } from '@nova/proto/nova/user/v1/user_service_pb.js';
import { rpcService } from '@nova/rpc';
import type { Deps } from '../deps.ts';
import type { Profile } from '../profiles/profile.ts';
import { findProfiles, listProfiles } from '../profiles/profile-repository.ts';

/** Of media alone: who could reserve could fill anybody's storage, and who could release could empty it. */
const permissions = { reserveQuota: 'write:quotas', releaseQuota: 'write:quotas' };

/** Profiles of one message of a stream. */
const streamedPage = 500;

export function userService({ db, quotas }: Deps) {
  return rpcService(
    UserService,
    {
      async getProfiles({ ids }) {
        return { profiles: (await findProfiles(db, ids)).map(toMessage) };
      },
      /** Reads a page when the one before it was taken. */
      async *streamProfiles({ afterId: start }) {
        let afterId = startOf(start);
        for (;;) {
          const page = await listProfiles(db, { afterId, limit: streamedPage });
          const last = page.at(-1);
          if (last) yield { profiles: page.map(toMessage) };
          if (!last || page.length < streamedPage) return;
          afterId = last.id;
        }
      },
      reserveQuota: ({ userId, reservationId, bytes }) => quotas.reserve({ userId, reservationId, bytes }),
      releaseQuota: ({ userId, reservationId }) => quotas.release({ userId, reservationId }),
    },
    permissions,
  );
}

function startOf(afterId: string): string | null {
  if (afterId === '') return null;
  if (isUuid(afterId)) return afterId;
  throw new AppError('BAD_USER_INPUT', 'after_id must be the id of a profile, a UUID.', {
    details: { field: 'after_id' },
  });
}

/** Services know nobody's followers: what not everybody may see is not among what they are told. */
function toMessage(profile: Profile) {
  const { id, username, displayName, joinedAt, isDiscoverable, visibility } = profile;
  const [bio, location] = visibility === 'EVERYONE' ? [profile.bio, profile.location] : [null, null];
  return {
    id,
    username,
    displayName,
    bio: bio ?? '',
    location: location ?? '',
    joinedAt: timestampFromDate(joinedAt),
    isDiscoverable,
  };
}
