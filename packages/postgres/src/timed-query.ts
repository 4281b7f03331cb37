import pg from 'pg';

type Config = { readonly text: string; readonly values: readonly unknown[]; readonly timeoutMs: number };
type Callback = (error: Error | undefined, result: pg.QueryResult) => void;

/** What pg calls of a query beyond what its types tell. */
type Internals = {
  prepare(connection: pg.Connection): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: pg.Connection): void;
};
const PgQuery = pg.Query as unknown as new (
  config: { text: string; values: unknown[]; queryMode: 'extended' },
  callback: Callback,
) => pg.Query & Internals;

/**
 * One statement that PostgreSQL itself ends after `timeoutMs`. The limit goes ahead of the statement in the same message,
 * so it costs no round trip; both are one transaction, in which `set_config` is local, so it passes a transaction pooler.
 * Takes no text of several statements.
 */
export class TimedQuery extends PgQuery {
  readonly #timeoutMs: number;
  #isLimitSet = false;

  constructor({ text, values, timeoutMs }: Config, callback: Callback) {
    super({ text, values: [...values], queryMode: 'extended' }, callback);
    // 0 would be no limit.
    this.#timeoutMs = Math.max(1, Math.ceil(timeoutMs));
  }

  override prepare(connection: pg.Connection): void {
    const steps = connection as unknown as Record<'parse' | 'bind' | 'execute', (step: object) => void>;
    steps.parse({ text: `select set_config('statement_timeout', '${this.#timeoutMs}', true)` });
    steps.bind({});
    steps.execute({});
    super.prepare(connection);
  }

  override handleDataRow(message: unknown): void {
    if (this.#isLimitSet) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: pg.Connection): void {
    if (this.#isLimitSet) super.handleCommandComplete(message, connection);
    this.#isLimitSet = true;
  }
}
