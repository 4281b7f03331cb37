import { createPostgresEventLog, type EventLog, type PostgresEventLogOptions } from '../../src/index.ts';

/** Says how to open a log, in a form that can be handed to another process. */
export type LogEngine = { readonly kind: 'postgres'; readonly options: PostgresEventLogOptions };

export function openLog(engine: LogEngine): EventLog {
  return createPostgresEventLog(engine.options);
}
