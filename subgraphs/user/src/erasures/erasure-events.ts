import { timestampFromDate, timestampNow } from '@bufbuild/protobuf/wkt';
import { type AnyTransaction, append, type EventOrigin } from '@nova/outbox';
import { ErasureRequestedSchema, UserDataErasedSchema } from '@nova/proto/nova/user/v1/user_events_pb.js';
import type { Erasure } from './erasure.ts';

/** Every domain erases the person when this comes. */
export function appendErasureRequested(tx: AnyTransaction, erasure: Erasure, origin: EventOrigin): Promise<void> {
  const { userId, requestedAt } = erasure;
  const message = { userId, requestedAt: timestampFromDate(requestedAt) };
  return append(tx, ErasureRequestedSchema, { aggregateId: userId, message, origin });
}

/** What this domain kept is erased in this transaction. */
export function appendUserDataErased(tx: AnyTransaction, userId: string, origin: EventOrigin): Promise<void> {
  const message = { userId, erasedAt: timestampNow() };
  return append(tx, UserDataErasedSchema, { aggregateId: userId, message, origin });
}
