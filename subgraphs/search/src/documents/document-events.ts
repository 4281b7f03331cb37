import { timestampNow } from '@bufbuild/protobuf/wkt';
import { type AnyTransaction, append, type EventOrigin } from '@nova/outbox';
import { UserDataErasedSchema } from '@nova/proto/nova/search/v1/search_events_pb.js';

/** Nothing of the person is left in the index after this transaction. */
export function appendUserDataErased(tx: AnyTransaction, userId: string, origin: EventOrigin): Promise<void> {
  const message = { userId, erasedAt: timestampNow() };
  return append(tx, UserDataErasedSchema, { aggregateId: userId, message, origin });
}
