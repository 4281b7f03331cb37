import type { DescMessage } from '@bufbuild/protobuf';
import type { ReceivedEvent } from '@nova/events';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';
import type { Indexing } from '../documents/document-commands.ts';

/** What search does with one type of event. */
export type Consumer<D extends DescMessage> = {
  readonly schema: D;
  readonly handle: (
    event: ReceivedEvent<D>,
    parts: { readonly tx: Transaction<Tables>; readonly indexing: Indexing },
  ) => Promise<void>;
};

/** Has `handle` take the message of `schema`. */
export function consumer<D extends DescMessage>(schema: D, handle: Consumer<D>['handle']): Consumer<D> {
  return { schema, handle };
}
