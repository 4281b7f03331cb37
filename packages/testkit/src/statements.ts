import pg from 'pg';

type Query = typeof pg.Client.prototype.query;

const recorders = new Set<(text: string) => void>();
let watching = false;

/** The SQL that the pg driver of this process sent while `work` ran, without transaction control. */
export async function statementsDuring(work: () => Promise<unknown>): Promise<string[]> {
  watchDriver();
  const statements: string[] = [];
  const recorder = (text: string) => {
    if (!/^\s*(begin|commit|rollback)\b/i.test(text)) statements.push(text);
  };
  recorders.add(recorder);
  try {
    await work();
  } finally {
    recorders.delete(recorder);
  }
  return statements;
}

function watchDriver(): void {
  if (watching) return;
  watching = true;
  const original: Query = pg.Client.prototype.query;
  pg.Client.prototype.query = function query(this: pg.Client, ...args: unknown[]) {
    const [first] = args;
    const text = typeof first === 'string' ? first : (first as { text?: string } | undefined)?.text;
    for (const record of recorders) record(text ?? '');
    return Reflect.apply(original, this, args);
  } as Query;
}
