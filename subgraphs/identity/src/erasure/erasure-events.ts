import { timestampNow } from '@bufbuild/protobuf/wkt';
import { type AnyTransaction, append, type EventOrigin } from '@nova/outbox';
import { UserDataErasedSchema } from '@nova/proto/nova/identity/v1/identity_events_pb.js';

export function appendUserDataErased(tx: AnyTransaction, userId: string, origin: EventOrigin): Promise<void> {
  const message = { userId, erasedAt: timestampNow() };
  return append(tx, UserDataErasedSchema, { aggregateId: userId, message, origin });
}
