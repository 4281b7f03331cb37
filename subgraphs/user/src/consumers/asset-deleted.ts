import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { AssetDeletedSchema } from '@nova/proto/nova/media/v1/media_events_pb.js';
import type { Tables } from '../db/tables.ts';
import { removeAvatar } from '../profiles/profile-commands.ts';

export const assetDeleted = on(AssetDeletedSchema, (event, { tx }: HandlerContext<Tables>) =>
  removeAvatar(tx, event.message.assetId, event),
);
