import { AccountRegisteredSchema } from '@nova/proto/nova/identity/v1/identity_events_pb.js';
import { consumer } from './consumer.ts';

/** A new account can be found at once, as it was registered, while its owner has no profile of it yet. */
export const accountRegistered = consumer(AccountRegisteredSchema, (event, { tx, indexing }) =>
  indexing.indexUser(tx, { id: event.message.accountId, registeredAs: event.message.username }, event),
);
