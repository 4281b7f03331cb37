import type { Transaction } from 'kysely';
import type { Tables } from '../db/tables.ts';

/** What a consumer works with: the transaction in which the event also counts as seen. */
export type ConsumerContext = { readonly tx: Transaction<Tables> };
