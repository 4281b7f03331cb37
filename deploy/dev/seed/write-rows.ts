/** How far a table is: rows written so far, of all. */
export type SeedProgress = { readonly table: string; readonly done: number; readonly total: number };

/** Writes rows in batches and reports each; `table` is what the rows are for whoever watches. */
export type WriteRows = <Row>(
  table: string,
  rows: readonly Row[],
  insert: (batch: Row[]) => Promise<unknown>,
) => Promise<void>;

const rowsPerStatement = 1_000;

export function createWriteRows(onProgress: ((progress: SeedProgress) => void) | undefined): WriteRows {
  return async (table, rows, insert) => {
    for (let done = 0; done < rows.length; done += rowsPerStatement) {
      await insert(rows.slice(done, done + rowsPerStatement));
      onProgress?.({ table, done: Math.min(done + rowsPerStatement, rows.length), total: rows.length });
    }
  };
}
