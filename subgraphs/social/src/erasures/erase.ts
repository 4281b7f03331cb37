import type { EventOrigin } from '@nova/outbox';
import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';

export type Erasure = EventOrigin & {
  /** Told of the posts that fewer like when the transaction ends, some at a time. */
  readonly recounted: (postIds: readonly string[]) => void;
};

/** Deletes what is kept of a user. */
export type Erase = (tx: Transaction<Tables>, userId: string, erasure: Erasure) => Promise<void>;
