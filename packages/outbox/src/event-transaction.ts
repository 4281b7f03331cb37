import type { Kysely, Transaction } from 'kysely';

export type EventTransaction<Tables> = {
  /** In which the event also counts as seen. */
  readonly tx: Transaction<Tables>;
  /**
   * Has something done after the commit, and once at most: not if the process ends between the two. A commit whose answer was
   * lost counts as one, since the event is then not handled again: what is done must do no harm without it. It must not reject.
   */
  readonly afterCommit: (work: () => Promise<void>) => void;
};

export async function inEventTransaction<Tables, Result>(
  db: Kysely<Tables>,
  work: (transaction: EventTransaction<Tables>) => Promise<Result>,
): Promise<Result> {
  const afterwards: (() => Promise<void>)[] = [];
  const afterCommit = (step: () => Promise<void>) => void afterwards.push(step);
  let isDone = false;
  try {
    return await db.transaction().execute(async (tx) => {
      const result = await work({ tx, afterCommit });
      isDone = true;
      return result;
    });
  } finally {
    if (isDone) await Promise.all(afterwards.map((step) => step()));
  }
}
