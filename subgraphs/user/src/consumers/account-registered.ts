import { timestampDate } from '@bufbuild/protobuf/wkt';
import { EventError, on } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import { AccountRegisteredSchema } from '@nova/proto/nova/identity/v1/identity_events_pb.js';
import type { Tables } from '../db/tables.ts';
import { defaultProfile } from '../profiles/profile.ts';
import { insertProfileIfAbsent } from '../profiles/profile-repository.ts';

/** A new account gets the profile that it was shown with so far, unless its owner has stored one meanwhile. */
export const accountRegistered = on(AccountRegisteredSchema, async ({ message }, { tx }: HandlerContext<Tables>) => {
  const { accountId, username, registeredAt } = message;
  if (!registeredAt) throw new EventError('MALFORMED', 'registered_at is missing.');
  await insertProfileIfAbsent(tx, defaultProfile({ id: accountId, username, createdAt: timestampDate(registeredAt) }));
});
