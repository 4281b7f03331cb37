import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import { eraseOwner } from '../assets/owner-commands.ts';
import type { Tables } from '../db/tables.ts';

/** Every asset of the person is deleted; media.user_data_erased follows when the last object is gone. */
export const erasureRequested = on(ErasureRequestedSchema, (event, { tx }: HandlerContext<Tables>) =>
  eraseOwner(tx, event.message.userId, event),
);
