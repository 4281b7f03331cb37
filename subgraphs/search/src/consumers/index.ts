import type { DescMessage } from '@bufbuild/protobuf';
import { type EventHandler, on, type ReceivedEvent } from '@nova/events';
import type { HandlerContext } from '@nova/outbox';
import type { Tables } from '../db/tables.ts';
import type { Deps } from '../deps.ts';
import { accountRegistered } from './account-registered.ts';
import type { Consumer } from './consumer.ts';
import { erasureRequested } from './erasure-requested.ts';
import { postCreated } from './post-created.ts';
import { postDeleted } from './post-deleted.ts';
import { postEdited } from './post-edited.ts';
import { profileChanged } from './profile-changed.ts';

/** What search listens to. */
export function createConsumers(deps: Deps): EventHandler<HandlerContext<Tables>>[] {
  const handler = <D extends DescMessage>({ schema, handle }: Consumer<D>) =>
    on(schema, async (event: ReceivedEvent<D>, { tx }: HandlerContext<Tables>) => {
      await handle(event, { tx, indexing: deps.indexing });
      deps.telemetry.indexed(event.type, event.occurredAt);
    });
  return [
    handler(accountRegistered),
    handler(profileChanged),
    handler(erasureRequested),
    handler(postCreated),
    handler(postEdited),
    handler(postDeleted),
  ];
}
