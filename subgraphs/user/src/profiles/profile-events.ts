import { type AnyTransaction, append, type EventOrigin } from '@nova/outbox';
import { ProfileChangedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';

/** What others see of the user has changed in this transaction. */
export function appendProfileChanged(tx: AnyTransaction, userId: string, origin: EventOrigin): Promise<void> {
  return append(tx, ProfileChangedSchema, { aggregateId: userId, message: { userId }, origin });
}
