import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import type { Tables } from '../db/tables.ts';
import type { Deps } from '../deps.ts';
import { appendUserDataErased } from '../erasures/erasure-events.ts';
import { eraseProfile } from '../profiles/profile-commands.ts';
import { eraseQuota } from '../quotas/quota-commands.ts';
import { eraseSettings } from '../settings/settings-commands.ts';

/** User erases its own part as the others do. Counts stay: they are figures, and the events of others go on changing them. */
export const erasureRequested = ({ storedProfiles }: Deps) =>
  on(ErasureRequestedSchema, async (event, { tx, afterCommit }: HandlerContext<Tables>) => {
    const { userId } = event.message;
    await eraseProfile(tx, userId, event);
    await eraseSettings(tx, userId);
    await eraseQuota(tx, userId);
    await appendUserDataErased(tx, userId, event);
    afterCommit(() => storedProfiles.purge([userId]));
  });
