import { on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { ErasureRequestedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import type { Tables } from '../db/tables.ts';
import type { EraseUser } from '../erasure/erase-user.ts';

export function erasureRequested(eraseUser: EraseUser) {
  return on(ErasureRequestedSchema, (event, { tx }: HandlerContext<Tables>) =>
    eraseUser(tx, event.message.userId, event),
  );
}
