import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type AnyTransaction, append, type EventOrigin } from '@nova/outbox';
import { AccountRegisteredSchema } from '@nova/proto/nova/identity/v1/identity_events_pb.js';
import type { Account } from './account.ts';

export function appendAccountRegistered(
  tx: AnyTransaction,
  { account, origin }: { account: Account; origin: EventOrigin },
): Promise<void> {
  const { id: accountId, username, createdAt } = account;
  const message = { accountId, username, registeredAt: timestampFromDate(createdAt) };
  return append(tx, AccountRegisteredSchema, { aggregateId: accountId, message, origin });
}
