import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import type { Tables } from '../db/tables.ts';
import type { Deps } from '../deps.ts';

export const erasureRequested = ({ erase }: Deps) =>
  on(ErasureRequestedSchema, (event, { tx }: HandlerContext<Tables>) => erase(tx, event.message.userId, event));
