import type { Kysely, Transaction } from 'kysely';

export type EventTransaction<Tables> = {
  /** In which the event also counts as seen. */
  readonly tx: Transaction<Tables>;
  /**
   * Has something done when the transaction is committed, and once at most: not if the process ends between the two. It must
   * not reject.
   */
  readonly afterCommit: (work: () => Promise<void>) => void;
};

export async function inEventTransaction<Tables, Result>(
  db: Kysely<Tables>,
  work: (transaction: EventTransaction<Tables>) => Promise<Result>,
): Promise<Result> {
  const afterwards: (() => Promise<void>)[] = [];
  const afterCommit = (step: () => Promise<void>) => void afterwards.push(step);
  const result = await db.transaction().execute((tx) => work({ tx, afterCommit }));
  await Promise.all(afterwards.map((step) => step()));
  return result;
}
