import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { AssetDeletedSchema } from '@nova/proto/nova/media/v1/media_events_pb.js';
import type { Tables } from '../db/tables.ts';
import type { Deps } from '../deps.ts';
import { removeAvatar } from '../profiles/profile-commands.ts';

export const assetDeleted = ({ storedProfiles }: Deps) =>
  on(AssetDeletedSchema, async (event, { tx, afterCommit }: HandlerContext<Tables>) => {
    const userIds = await removeAvatar(tx, event.message.assetId, event);
    afterCommit(() => storedProfiles.purge(userIds));
  });
