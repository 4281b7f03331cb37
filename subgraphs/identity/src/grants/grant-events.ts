import { type AnyTransaction, append, type EventOrigin } from '@nova/outbox';
import { PermissionGrantedSchema, PermissionRevokedSchema } from '@nova/proto/nova/identity/v1/identity_events_pb.js';

type Change = { readonly accountId: string; readonly permission: string; readonly changedBy: string };

export function appendPermissionGranted(tx: AnyTransaction, change: Change, origin: EventOrigin): Promise<void> {
  const { accountId, permission, changedBy: grantedBy } = change;
  const message = { accountId, permission, grantedBy };
  return append(tx, PermissionGrantedSchema, { aggregateId: accountId, message, origin });
}

export function appendPermissionRevoked(tx: AnyTransaction, change: Change, origin: EventOrigin): Promise<void> {
  const { accountId, permission, changedBy: revokedBy } = change;
  const message = { accountId, permission, revokedBy };
  return append(tx, PermissionRevokedSchema, { aggregateId: accountId, message, origin });
}
